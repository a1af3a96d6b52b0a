"""The web desk: pages and a JSON interface over the façade, for people who are signed in.

============== ========================================================================================
module         decides
============== ========================================================================================
`settings`     how it is served: whose hosts, TLS or not, who is there without accounts
`app`          what is put together: `make_app(ledger, settings)`
`security`     what every answer says to a browser, and which requests may change anything
`identity`     who asks; the façade that acts as them
`limiting`     how often somebody may try to sign in
`signing`      signing in and out, and what was typed when a session ended in the middle of it
`problems`     every refusal as problem details (RFC 9457)
`answers`      the views of the façade as declared answers, their ETag
`given`        the bodies of requests
`reading`      the interface's routes that read
`recording`    those that record, each once for its key
`publishing`   those about what went out, what is owed for it, and the feeds
`accounts`     those about who works at the desk, and their tokens
`newest`       the whole ledger as it is now, kept for all who look
`stream`       what changed, as server-sent events
`health`       whether it lives, whether it can answer, figures
`logs`         one line of JSON for each request, without a word of any claim
`serving`      uvicorn, and how it ends
============== ========================================================================================

No rule of the ledger lives here: a route reads what was sent, calls the façade, and shows what it answers. The façade
is synchronous, so a route is a plain function, which FastAPI runs in a thread, and has a façade of its own.
"""
