"""Nudges as Celery puts them into a queue: each kind is written by Celery once, and sent with ids of its own every time. To write
one takes longer than to send it, and to ask the broker first how many are waiting takes as long again."""

from functools import cache
from uuid import uuid4

from celery import Celery
from kombu.utils.json import dumps

#: Stands in the kept message where an id belongs.
_ID = "00000000-0000-0000-0000-000000000000"

#: Puts a message into a queue unless so many wait there already, or the last that came has the same task: whoever takes that
#: finds all that is known by then.
PUT_UNLESS_NEEDLESS = """
local last = redis.call('LINDEX', KEYS[1], 0)
if last and string.find(last, ARGV[3], 1, true) then return 1 end
if redis.call('LLEN', KEYS[1]) < tonumber(ARGV[1]) then redis.call('LPUSH', KEYS[1], ARGV[2]) end
return 1
"""


def message(task: str, queue: str) -> str:
    """A message that has the task run with the queue's name as its argument, as kombu's Redis transport writes it into the list
    of the queue's name."""
    return _kept(task, queue).replace(_ID, str(uuid4()))


@cache
def _kept(task: str, queue: str) -> str:
    """The message with one id in the place of all: the task's, its root's and the delivery's."""
    with Celery("sokbo", broker="memory://", set_as_current=False) as app, app.connection_for_write() as connection:
        channel = connection.channel()
        made = app.amqp.create_task_message(_ID, task, [queue], {}, ignore_result=True)
        producer = app.amqp.Producer(channel, auto_declare=False)
        producer.publish(made.body, exchange="", routing_key=queue, headers=made.headers, serializer="json", **made.properties)
        written = channel._get(queue)
    written["properties"]["delivery_tag"] = _ID
    return str(dumps(written))  # type: ignore[no-untyped-call]  # kombu is typed in part
