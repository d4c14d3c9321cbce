// Keeps the page current. The daemon draws every view; this fetches what has changed and puts it in its place.
"use strict";

const views = ["overview", "confidence", "record", "accuracy", "map", "module", "predictions"];
/** Which views an event can change. A checkpoint's own event comes before it is judged: the forecast's follows. */
const touched = {
    checkpoint: ["overview"], rejected: ["overview"], metric: ["overview", "accuracy", "predictions", "record"],
    prediction: ["overview", "confidence", "accuracy", "predictions"], warning: ["overview"],
    forecast: views, rewind: views,
};
const version = document.body.dataset.version;
const place = (view) => document.getElementById(`view-${view}`);

// ---- What is shown -------------------------------------------------------------------------------------------------

/** The module that the address names; without one the daemon chooses. */
const chosenModule = () => new URLSearchParams(location.search).get("module");

async function fetchView(view) {
    const module = view === "module" ? chosenModule() : null;
    const query = module === null ? "" : `?module=${encodeURIComponent(module)}`;
    const answer = await fetch(`/views/${view}${query}`, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    // A daemon of another version draws for another script: start again with its own.
    if (answer.headers.get("Alpharl-Version") !== version) return location.reload();
    return answer.text();
}

/** Replaces a view whose content has changed, and keeps what a person did to it: open details, the chosen measure, the
 * place of the keyboard, how far a table is scrolled. */
function show(view, source) {
    const old = place(view);
    const fresh = new DOMParser().parseFromString(policy.createHTML(source), "text/html").body;
    if (drawn.get(view) === source) return false;
    drawn.set(view, source);
    const open = [...old.querySelectorAll("details")].map((part) => part.open);
    const scrolled = [...old.querySelectorAll(".scroll")].map((part) => [part.scrollLeft, part.scrollTop]);
    const measure = old.querySelector("input[name=measure]:checked")?.value;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const key = focused?.getAttribute("href") ?? focused?.id;
    old.replaceChildren(...fresh.childNodes);
    const same = old.querySelectorAll("details").length === open.length;
    if (same) old.querySelectorAll("details").forEach((part, index) => { part.open = open[index]; });
    old.querySelectorAll(".scroll").forEach((part, index) => part.scrollTo(...(scrolled[index] ?? [0, 0])));
    if (measure) old.querySelector(`input[value=${measure}]`).checked = true;
    if (key) [...old.querySelectorAll("a[href], input, [id]")].find((part) => [part.getAttribute("href"), part.id].includes(key))?.focus();
    awaken(old);
    return true;
}
const drawn = new Map();
/** The one way in which text becomes a document here, and it comes from the daemon, which escapes what it was given. */
const policy = globalThis.trustedTypes?.createPolicy("views", { createHTML: (text) => text }) ?? { createHTML: (text) => text };

/** Gives life to what needs the script. */
function awaken(root) {
    for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
    const cells = [...root.querySelectorAll(".cells a")];
    cells.forEach((cell, index) => { cell.tabIndex = index === 0 ? 0 : -1; });
    mark(root);
}

/** The cell and the sibling that are looked at. */
function mark(root) {
    const address = `${location.pathname}${location.search}`;
    for (const cell of root.querySelectorAll(".cells a")) {
        if (cell.getAttribute("href") === address) cell.setAttribute("aria-current", "true");
        else cell.removeAttribute("aria-current");
    }
}

// ---- Live ----------------------------------------------------------------------------------------------------------

const wanted = new Set();
let isRefreshing = false;

/** One refresh at a time; what is asked for meanwhile comes right after it. */
async function refresh(names) {
    for (const name of names) wanted.add(name);
    if (isRefreshing) return;
    isRefreshing = true;
    try {
        while (wanted.size > 0) {
            await new Promise((done) => setTimeout(done, 150));
            const now = views.filter((view) => wanted.has(view));
            wanted.clear();
            const sources = await Promise.all(now.map(fetchView));
            now.forEach((view, index) => { if (sources[index] !== undefined) show(view, sources[index]); });
        }
        lookAgain();
        say("on", `Live, updated ${new Date().toLocaleTimeString()}`);
    } catch (error) {
        names.forEach((name) => wanted.add(name));
        say("off", `Not updated: ${error.message}; trying again`);
        setTimeout(() => refresh([]), 3000);
    } finally {
        isRefreshing = false;
    }
}

/** While something is at work, how much of it is done; no event tells that. */
function lookAgain() {
    clearTimeout(later);
    const state = document.querySelector("#view-overview section")?.dataset.state;
    if (["starting", "recording", "emitting"].includes(state)) later = setTimeout(() => refresh(["overview"]), 2000);
}
let later = 0;

function say(state, text) {
    const line = document.getElementById("live");
    line.className = `live ${state}`;
    line.textContent = text;
}

function announce(text) { document.getElementById("spoken").textContent = text; }

const words = {
    checkpoint: (event) => `Checkpoint ${event.checkpoint.step} is ${event.checkpoint.state}.`,
    rejected: (event) => `Checkpoint ${event.rejected.step} is rejected.`,
    forecast: (event) => `Confidence ${(event.forecast.confidence ?? 0).toFixed(2)}.`,
    prediction: (event) => `Prediction ${event.prediction.id} is ${event.prediction.state}.`,
    rewind: (event) => `The run went back to step ${event.rewind.to_step}.`,
    metric: (event) => `Accuracy ${event.metric.accuracy} is known.`,
    warning: (event) => event.warning.message,
};

let wait = 1000;
let stream = null;

function rest() {
    stream?.close();
    stream = null;
}

/** An EventSource gives up on some failures; this does not. Whatever was missed is in the views fetched on opening. */
function follow() {
    if (document.hidden || stream) return;
    stream = new EventSource("/v1/events");
    stream.onopen = () => { wait = 1000; refresh(views); };
    stream.onerror = () => {
        rest();
        say("off", "Connection lost, trying again");
        setTimeout(follow, wait);
        wait = Math.min(wait * 2, 15000);
    };
    for (const kind of Object.keys(touched)) {
        stream.addEventListener(kind, (message) => {
            announce(words[kind](JSON.parse(message.data)));
            refresh(touched[kind]);
        });
    }
}

/** A page that nobody sees needs no connection, of which a browser grants one host six. */
addEventListener("visibilitychange", () => { if (document.hidden) rest(); else follow(); });

// ---- By hand -------------------------------------------------------------------------------------------------------

async function openModule(address, isNew) {
    if (isNew) history.pushState(null, "", address);
    place("module").setAttribute("aria-busy", "true");
    try {
        show("module", await fetchView("module"));
        mark(document);
        const title = document.getElementById("module-title");
        title?.focus({ preventScroll: true });
        title?.scrollIntoView({ block: "nearest" });
    } catch (error) {
        say("off", `The module cannot be shown: ${error.message}`);
    } finally {
        place("module").removeAttribute("aria-busy");
    }
}

addEventListener("click", async (event) => {
    const link = event.target.closest("a[href^='/?module=']");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        openModule(link.getAttribute("href"), true);
    }
    const button = event.target.closest("button[data-copy]");
    if (button) copy(button);
});

addEventListener("popstate", () => openModule(null, false));

async function copy(button) {
    try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
    } catch {
        // Not allowed, or no secure place: select it, so that one keystroke copies it.
        getSelection().selectAllChildren(button.parentElement.querySelector("code"));
        button.textContent = "Selected";
    }
    announce(button.textContent);
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

/** Arrows move over the map; the tabulator passes it in one step. */
addEventListener("keydown", (event) => {
    const cell = event.target.closest?.(".cells a");
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !move) return;
    event.preventDefault();
    const column = cell.parentElement.cellIndex + move[1];
    const row = cell.closest("tr").rowIndex + move[0];
    const next = cell.closest("table").rows[row]?.cells[column]?.querySelector("a");
    if (!next) return;
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
});

for (const view of views) drawn.set(view, null);
awaken(document);
follow();
