"""Both event loops, as for the readers."""

from tests.integration.service.reading.conftest import pytest_asyncio_loop_factories

__all__ = ["pytest_asyncio_loop_factories"]
