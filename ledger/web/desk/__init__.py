"""The pages of the desk: what a person at the desk sees in a browser, over the same façade as everything else.

============== ========================================================================================
module         decides
============== ========================================================================================
`frame`        what every page has: who is there, where pages are, what is filled in
`remembered`   answers that follow from the size of the ledger alone, kept while they are asked for again
`board`        the first page, what changed since somebody looked, and the search
`shift`        all that a shift must look at
`live`         what changes, as rows of the board, to every page that is open
`typed`        a statement as it was typed: which of it is a question, which a mistake, which a `Word`
`record`       the page that takes a statement
`claim`        the page of a claim, its proof
`acts`         the small forms: taking back, holding, wording; each once, each answered with a page to go to
`redact`       removing a part of an entry for good: what goes, what stays, and what is shown then
`moments`      replay over either clock, and the timeline
`audit`        what shows that nobody rewrote it; the log; downloads
`sources`      who speaks, for whom, with what standing
`published`    what went out, and what is owed for it
`mine`         one's own account: password, sessions, tokens; how a form about people is done
`people`       who works here, as an admin sees it, and the list of accesses
`repeats`      what a form about people was answered with, so that a double click is one act there too
`around`       help, the files of the pages, what a refusal looks like
============== ========================================================================================

Every page is whole without a script. Ours only brings what changed, and saves keys and clicks. A form is answered with
a page to go to, so that reloading sends nothing twice; it bears a key, so that a double click is one entry; what is
refused comes back with all that was typed.
"""
