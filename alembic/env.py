"""Runs migrations on the connection that the store hands over, inside the store's own transaction.

There is no alembic.ini and no offline mode: a schema is only ever made and upgraded by opening a
ledger (`ledger.store`), so that the locking and the failures are the same as for every other write.
"""

from alembic import context

from ledger.tables import Row

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("migrations run when a ledger is opened: try `claims init` or `claims board`")

context.configure(connection=connection, target_metadata=Row.metadata, render_as_batch=False)
with context.begin_transaction():
    context.run_migrations()
