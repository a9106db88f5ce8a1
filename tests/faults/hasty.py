"""gunicorn's worker class for tests of deadlines: the project's, with a quarter of its patience."""

from app.operations import gunicorn_worker

for name in ("FIRST_REQUEST_SECONDS", "RECEIVE_SECONDS", "SEND_SECONDS"):
    setattr(gunicorn_worker, name, getattr(gunicorn_worker, name) / 4)
Worker = gunicorn_worker.Worker
