"""The experiment that shows that nothing accepted is ever lost: the whole system under fire, and every promise checked."""
