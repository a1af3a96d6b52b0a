// The script of the desk. Every page is whole without it: it brings what changed, and saves keys and clicks.
"use strict";

const body = document.body;
const page = body.dataset.page;
const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

function later(act, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), milliseconds);
  };
}

async function load(address, options = {}) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, ...options });
  const text = await answer.text();
  return { answer, page: new DOMParser().parseFromString(text, "text/html") };
}

// A browser may keep nothing, or refuse to.
const kept = {
  get(where, name) { try { return where.getItem(name); } catch { return null; } },
  set(where, name, value) { try { where.setItem(name, value); } catch { /* it is only a comfort */ } },
  drop(where, name) { try { where.removeItem(name); } catch { /* it is only a comfort */ } },
};

// What is live

let last = Number(body.dataset.last);
let stream = null;
let again = 1000;

function linkState(text) {
  const place = one("[data-link]");
  if (place && place.textContent !== text) place.textContent = text;
}

function listen() {
  if (stream || document.hidden) return;
  stream = new EventSource(`/live?after=${last}`);
  stream.addEventListener("size", () => { again = 1000; linkState("live"); });
  stream.addEventListener("change", (event) => {
    last = Number(event.lastEventId);
    changed(JSON.parse(event.data));
  });
  stream.addEventListener("end", () => { silence(); linkState("signed out"); });
  stream.addEventListener("error", () => {
    linkState("reconnecting");
    if (stream && stream.readyState === EventSource.CLOSED) {
      silence();
      setTimeout(listen, again);
      again = Math.min(again * 2, 15000);
    }
  });
}

function silence() {
  if (stream) stream.close();
  stream = null;
}

function changed(told) {
  for (const place of all("[data-size]")) place.textContent = told.size;
  const others = told.lines.filter((line) => line.recorder !== body.dataset.me);
  if (others.length) say(others.map((line) => `${line.recorder || "The desk"}: ${line.summary}`).slice(-2).join(" · "));
  if (page === "board") {
    if (told.whole) moreToShow();
    told.rows.forEach(bring);
    refresh();
  } else if (page === "claim") {
    const article = one("[data-of]");
    if (article && (told.whole || told.claims.includes(Number(article.dataset.of)))) refresh();
  } else if (["timeline", "audit", "publications", "todo"].includes(page)) {
    refresh();
  }
}

function bring(row) {
  const given = document.createElement("template");
  given.innerHTML = row.html.trim();
  const fresh = given.content.firstElementChild;
  const old = one(`[data-claim="${row.claim}"]`);
  fresh.classList.add("fresh");
  if (old) {
    const focused = old.contains(document.activeElement);
    old.replaceWith(fresh);
    if (focused) one("a", fresh).focus();
  } else {
    const table = one(`[data-story="${row.story}"] tbody`);
    if (!table) return moreToShow();
    if (chosenStates().length && !chosenStates().includes(row.state)) return;
    table.append(fresh);
  }
  filter();
}

function moreToShow() {
  const news = one("[data-news]");
  if (!news) return location.reload();
  one("a", news).href = location.href;
  news.hidden = false;
}

// The parts of a page that follow from the ledger; a part in which somebody types stays as it is. What was asked for once,
// to derive everything again, is not asked for with each entry that comes.
const refresh = later(async () => {
  const asked = new URLSearchParams(location.search);
  asked.delete("verify");
  let found;
  try { found = await load(`${location.pathname}?${asked}`); } catch { return; }
  if (!found.answer.ok) return;
  for (const part of all("[data-live]")) {
    const fresh = one(`[data-live="${part.dataset.live}"]`, found.page);
    if (!fresh || fresh.innerHTML === part.innerHTML) continue;
    if (part.contains(document.activeElement) || one("details[open]", part)) {
      say("This page has changed. Reload it to see how.");
    } else {
      part.replaceWith(fresh);
    }
  }
}, 600);

const quiet = later(() => { const place = one("[data-toasts]"); if (place) place.textContent = ""; }, 9000);

function say(text) {
  const place = one("[data-toasts]");
  if (!place) return;
  place.textContent = text;
  quiet();
}

document.addEventListener("visibilitychange", () => { if (document.hidden) silence(); else listen(); });
addEventListener("pagehide", silence);
addEventListener("pageshow", (event) => { if (event.persisted) { listen(); refresh(); } });

// The board: search as one types, move by keys

const search = one("[data-search]");
const chosenStates = () => all(".chips input:checked").map((each) => each.value);
const folded = (text) => (text.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) || []);

function filter() {
  if (!search) return;
  const words = folded(search.value);
  const states = chosenStates();
  let shown = 0;
  for (const row of all("[data-claim]")) {
    const fits = words.every((word) => row.dataset.words.includes(word)) && (!states.length || states.includes(row.dataset.state));
    row.hidden = !fits;
    if (fits) shown += 1;
  }
  for (const group of all("[data-group]")) group.hidden = !one("[data-claim]:not([hidden])", group);
  const place = one("[data-found]");
  const here = all("[data-claim]").length, listed = Number(search.form.dataset.listed);
  const more = here < listed ? `; Enter searches all ${listed}` : "";
  const text = `${shown} of ${here} ${here === 1 ? "claim" : "claims"} shown${more}`;
  if (place && place.textContent !== text) place.textContent = text;
}

function move(by) {
  const links = all("[data-claim]:not([hidden]) th a");
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

if (search) {
  // All claims are on the page, so that there is nothing to ask the desk for.
  const asked = search.form;
  if (!location.search && !one("select", asked) && Number(asked.dataset.listed) === all("[data-claim]").length) {
    one(".go", asked).hidden = true;
  }
  search.addEventListener("input", filter);
  document.addEventListener("change", (event) => { if (event.target.matches(".chips input")) filter(); });
}

// Keys

const PLACES = { b: "/", n: "/record", t: "/timeline", p: "/replay", s: "/sources", "?": "/help" };
const keysOn = () => kept.get(localStorage, "claims-keys") !== "off";
let leaving = false; // what is typed before the next page is there is no key of this one
const typing = (at) => at.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=range])");

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.isComposing || event.altKey || event.metaKey || !(at instanceof Element)) return;
  const form = at.closest("[data-record]");
  if (form && event.key === "Enter" && (event.ctrlKey || at.matches("[data-enter]"))) {
    event.preventDefault();
    return form.requestSubmit(one("[value=save]", form));
  }
  if (event.ctrlKey || typing(at)) return;
  if (leaving) return event.preventDefault();
  const key = event.key.toLowerCase();
  if (at.matches("[name=status]")) {
    const status = one(`[data-key="${CSS.escape(key)}"]`);
    if (status) {
      event.preventDefault();
      status.focus();
      status.click();
    }
    return;
  }
  // In a form that somebody fills in, a key must not lead away from what they typed.
  if (!keysOn() || at.closest(".act form, .redact")) return;
  if (key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
  else if (key === "j" && search) move(1);
  else if (key === "k" && search) move(-1);
  else if (key === "u" && one("[data-undo]")) one("[data-undo]").click();
  else if (PLACES[key] && (key !== "n" || one("nav a[href='/record']"))) {
    event.preventDefault();
    leaving = true;
    setTimeout(() => { leaving = false; }, 2000);
    location.assign(PLACES[key]);
  }
});

const keys = one("[data-keys]");
if (keys) {
  keys.hidden = false;
  const box = one("[data-keys-on]");
  box.checked = keysOn();
  box.addEventListener("change", () => kept.set(localStorage, "claims-keys", box.checked ? "on" : "off"));
}

// Recording: what would follow, as one types; a file dropped anywhere; what was typed is not lost

const form = one("[data-record]");
if (form) {
  const DRAFT = "claims-draft";
  const FIELDS = ["claim", "to", "by", "via1", "via2", "via3", "via4", "via5", "via6", "via7", "via8", "said", "story", "quote", "note", "url", "evidence_url", "why"];
  let asking = null;

  const swap = (fresh, id) => {
    const old = document.getElementById(id);
    const found = fresh.getElementById(id);
    if (!old || !found || old.innerHTML === found.innerHTML) return;
    if (old.contains(document.activeElement)) {
      old.addEventListener("focusout", ask, { once: true });
    } else {
      old.replaceWith(document.importNode(found, true));
    }
  };

  const preview = async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    const given = new FormData(form);
    given.delete("file");
    given.set("do", "preview");
    let found;
    try { found = await load(form.action, { method: "POST", body: given, signal: asking.signal }); } catch { return; }
    if (found.answer.status === 401) return linkState("signed out");
    for (const place of all("[id^=ask-], [id^=wrong-], #foresight", form)) swap(found.page, place.id);
  };
  const ask = later(preview, 250);

  const keep = (more) => {
    const typed = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name] ? form.elements[name].value : ""]));
    Object.assign(typed, { status: form.elements.status.value, internal: form.elements.internal.checked, me: body.dataset.me, at: location.search }, more);
    kept.set(sessionStorage, DRAFT, JSON.stringify(typed));
  };
  let sent = false;
  const draft = later(() => { if (!sent) keep(); }, 150);

  // One more relayer: the form comes back with its field, and what was typed stays where it is
  const longer = async (button) => {
    const given = new FormData(form);
    given.delete("file");
    given.set("do", "longer");
    let found;
    try { found = await load(form.action, { method: "POST", body: given }); } catch { say("The desk does not answer. What you typed is still here."); return false; }
    if (!found.answer.ok) { form.requestSubmit(button); return false; }
    for (const relayer of all("[data-relayer]", found.page)) {
      if (!form.elements[relayer.dataset.relayer]) one("[data-chain]").append(document.importNode(relayer, true));
    }
    button.hidden = !one("[data-longer]", found.page);
    one("[data-relayer]:last-child input").focus();
    return true;
  };
  form.addEventListener("click", (event) => {
    if (!event.target.matches("[data-longer]")) return;
    event.preventDefault();
    longer(event.target);
  });

  form.addEventListener("input", () => { sent = false; ask(); draft(); });
  // With its key: where it was saved and the answer got lost, it is not saved twice
  form.addEventListener("submit", (event) => {
    if (asking) asking.abort();
    sent = true;
    keep(event.submitter && event.submitter.value === "preview" ? {} : { key: form.elements.key.value });
  });

  // Whoever else signs in here begins afresh; so does who comes from a claim, unless it was typed there
  const restore = async (typed) => {
    one("[data-restored]").hidden = false;
    one("[data-discard]").addEventListener("click", () => { kept.drop(sessionStorage, DRAFT); location.assign(location.href); });
    const last = FIELDS.findLast((name) => name.startsWith("via") && typed[name]);
    while (last && !form.elements[last]) if (!await longer(one("[data-longer]", form))) break;
    for (const name of FIELDS) if (form.elements[name] && typed[name]) form.elements[name].value = typed[name];
    if (typed.status) form.elements.status.value = typed.status;
    if (typed.key) form.elements.key.value = typed.key;
    form.elements.internal.checked = Boolean(typed.internal);
    const more = one(".more", form);
    if (typed.internal || FIELDS.some((name) => typed[name] && more.contains(form.elements[name]))) more.open = true;
    ask();
  };
  const before = JSON.parse(kept.get(sessionStorage, DRAFT)) || {};
  const ours = before.me === body.dataset.me && (!location.search || before.at === location.search);
  if (form.dataset.sent === "no" && ours && (before.claim || before.by || before.quote)) {
    restore(before);
  } else if (form.dataset.sent === "no" && form.elements.claim.value) {
    ask();
  }

  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      body.classList.toggle("dropping", kind === "dragover");
      if (kind === "drop") {
        form.elements.file.files = event.dataTransfer.files;
        one(".more", form).open = true;
        say(`${event.dataTransfer.files[0].name} goes with the statement when you save it.`);
      }
    });
  }
  document.addEventListener("dragleave", () => body.classList.remove("dropping"));

  const wrong = one("[data-wrong], [aria-invalid=true], .question input, .question select", form);
  if (wrong) wrong.focus();
  else if (!form.elements.claim.value) form.elements.claim.focus();
  else if (form.dataset.sent === "no") (one("[name=status]:checked", form) ? form.elements.by : one("[name=status]", form)).focus();
  else if (!one(".question", form)) one("[value=save]", form).focus();
}
if (one("[data-done]") && (JSON.parse(kept.get(sessionStorage, "claims-draft")) || {}).key) kept.drop(sessionStorage, "claims-draft");

// Replay: the slider draws the moment, and its address stands in the bar

const slider = one("[data-step]");
if (slider) {
  const asked = slider.form;
  one("[data-go]").hidden = true;
  let asking = null;
  const draw = async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    const query = new URLSearchParams(new FormData(asked));
    let found;
    try { found = await load(`/replay?${query}`, { signal: asking.signal }); } catch { return; }
    const fresh = one("[data-moment]", found.page);
    if (!fresh) return linkState("signed out");
    one("[data-moment]").replaceWith(document.importNode(fresh, true));
    history.replaceState(null, "", found.answer.url);
  };
  slider.addEventListener("input", later(draw, 90));
  asked.addEventListener("change", (event) => {
    if (event.target === slider) return;
    const query = new URLSearchParams(new FormData(asked));
    query.delete("step");
    location.assign(`/replay?${query}`);
  });
}

const refused = one("details.act[open] [data-wrong], .redact [data-wrong]");
if (refused) refused.focus();

if (page) listen();
