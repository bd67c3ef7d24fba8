// Joins the parts: log in, choose a room, keep its socket, draw what changed.

import { claims, fetchAs, Problem, rooms } from "./api.js";
import { buildBoard, drawBoard, drawTrust } from "./board.js";
import { buildControl, drawControl } from "./control.js";
import { clearComments, drawComments, scrollComments } from "./comments.js";
import { $, el, put } from "./dom.js";
import { LOCALES, preferred, say } from "./i18n.js";
import { drawOrders, drawPrompts } from "./lists.js";
import { apply, newRoom, seed } from "./room.js";
import { drawShelf } from "./shelf.js";
import { RoomClient, UNAUTHENTICATED } from "./client.js";
import { drawStage } from "./stage.js";

const TOKEN = "showrunner.token"; // sessionStorage: gone with the tab
const LANGUAGE = "showrunner.language";

let language = preferred(localStorage.getItem(LANGUAGE), navigator.languages);
let token = "";
let who = null;
let tables = { rights: {}, digits: {}, formulas: {} };
let state = newRoom();
let socket = null;
let roomID = "";
let connection = { name: "", detail: {} };
let dirty = new Set();
let planned = false;

// page is what the views may know of this file.
const page = {
  say: (key, values) => say(language, key, values),
  get locale() { return LOCALES[language]; },
  get digits() { return tables.digits; },
  get connected() { return connection.name === "open"; },
  definition: (metric) => tables.formulas[metric],
  may: (action) => (tables.rights[who && who.role] || []).includes(action),
  command,
};

// command gives a command and says beside the lever what became of it.
async function command(name, data, where = $("outcome")) {
  where.classList.remove("no");
  put(where, page.say("sent"));
  try {
    await socket.command(name, data);
    put(where, page.say("done"));
    return true;
  } catch (refused) {
    const message = ["no_answer", "closed"].includes(refused.code) ? page.say(refused.code) : refused.message;
    where.classList.add("no");
    put(where, page.say("said_no", { message }));
    return false;
  }
}

const VIEWS = {
  room: drawStage, show: drawStage, announcement: drawStage, figures: drawBoard, missed: drawTrust,
  control: drawControl, shelf: drawShelf, comments: drawComments, online: drawComments, prompts: drawPrompts, orders: drawOrders,
};
const EVERYTHING = Object.keys(VIEWS);

// redraw draws the changed parts once before the next picture, however many
// frames came since the last one.
function redraw(parts) {
  for (const p of parts) dirty.add(p);
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    const views = new Set([...dirty].map((p) => VIEWS[p]));
    dirty = new Set();
    for (const draw of views) draw(state, page);
  });
}

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = page.say("title");
  for (const node of document.querySelectorAll("[data-say]")) put(node, page.say(node.dataset.say));
  drawConnection();
}

function notice(text) {
  put($("notice"), text);
  $("notice").hidden = !text;
}

function drawConnection() {
  const pill = $("connection");
  pill.hidden = !connection.name;
  if (!connection.name) return;
  put(pill, page.say(`conn_${connection.name}`));
  pill.className = `pill ${{ open: "good", refused: "bad", waiting: "bad", reconnecting: "warn" }[connection.name] || ""}`;
  pill.dataset.state = connection.name;
  if (connection.name === "refused") notice(page.say("conn_refused_long", connection.detail));
}

function show(view) {
  for (const id of ["login", "rooms", "room"]) $(id).hidden = id !== view;
  $("back").hidden = view !== "room";
  $("logout").hidden = view === "login";
  put($("who"), who ? `${who.name || who.sub || ""} · ${who.role}` : "");
}

function leave() {
  if (socket) socket.stop();
  socket = null;
  connection = { name: "", detail: {} };
  state = newRoom();
  roomID = "";
  clearComments();
  $("prompts").replaceChildren();
  put($("outcome"), "");
  put($("heading"), "Showrunner");
  drawConnection();
}

function logOut(reason = "") {
  leave();
  sessionStorage.removeItem(TOKEN);
  token = "";
  who = null;
  history.replaceState(null, "", location.pathname);
  notice(reason);
  show("login");
  $("token").focus();
}

async function logIn(given) {
  const c = claims(given);
  if (!c || !c.role) return logOut(page.say("token_bad"));
  if (c.role === "viewer" || c.role === "integration") return logOut(page.say("token_role"));
  token = given;
  who = c;
  sessionStorage.setItem(TOKEN, token);
  notice("");
  const wanted = new URLSearchParams(location.hash.slice(1)).get("room");
  if (wanted) return enter(wanted);
  return listRooms();
}

async function listRooms() {
  leave();
  history.replaceState(null, "", location.pathname);
  show("rooms");
  put($("rooms-note"), page.say("loading"));
  try {
    const all = await rooms(token);
    put($("rooms-note"), all.length ? "" : page.say("rooms_none"));
    $("room-list").replaceChildren(...all.map((r) => el("li", {}, el("button", { type: "button", onclick: () => enter(r.room_id) },
      el("span", { text: r.title || r.room_id }), el("span", { class: "hint", text: r.room_id })))));
  } catch (err) {
    failed(err);
  }
}

// failed ends the session when the server refuses the token, and else says so.
function failed(err) {
  if (err instanceof Problem && (err.status === 401 || err.status === 403)) return logOut(page.say("token_refused"));
  put($("rooms-note"), "");
  return notice(err instanceof Problem ? err.message : page.say("offline"));
}

function enter(id) {
  leave();
  roomID = id;
  history.replaceState(null, "", `#${new URLSearchParams({ room: id })}`);
  notice("");
  show("room");
  buildRoom();
  const url = new URL(`/v1/rooms/${encodeURIComponent(id)}/ws`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("panel", "1");
  socket = new RoomClient({ address: url.href, token, env: { newID } });
  socket.on("frame", (f) => {
    redraw(apply(state, f, Date.now()));
    if (f.type === "welcome" && state.show) loadTimeline(state.show.show_id);
    if (f.type === "welcome") loadControl(id);
  });
  socket.on("connection", (name, detail) => {
    if (name === "refused" && detail.code === UNAUTHENTICATED) return logOut(page.say("token_refused"));
    connection = { name, detail };
    if (name === "open") notice("");
    drawConnection();
    redraw(["missed"]);
  });
  socket.on("unopened", async () => {
    try {
      await fetchAs(token, `/v1/rooms/${encodeURIComponent(id)}`);
    } catch (err) {
      if (roomID === id) failed(err);
    }
  });
  socket.open();
}

// loadTimeline gives the curves the minutes before this page came. They are an
// extra: without them the curves begin now, and the empty ones say so.
async function loadTimeline(showID) {
  if (!page.may("figures.read")) return;
  try {
    const table = await (await fetchAs(token, `/v1/shows/${encodeURIComponent(showID)}/timeline?step=minute`)).json();
    if (!state.show || state.show.show_id !== showID) return;
    seed(state, table.points);
    redraw(["figures"]);
  } catch (err) {
    console.warn("the timeline cannot be had:", err.message);
  }
}

// loadControl gets what the levers choose from: the blocked words, the hosts of
// the room and the merchant's coupons. Without them the levers still work, by
// what is typed.
async function loadControl(id) {
  const get = async (right, path, take) => {
    if (!page.may(right)) return;
    try {
      const answer = await (await fetchAs(token, path)).json();
      if (roomID === id) take(answer);
    } catch (err) {
      console.warn(`${path} cannot be had:`, err.message);
    }
  };
  const room = `/v1/rooms/${encodeURIComponent(id)}`;
  await Promise.all([
    get("command.block_keyword", `${room}/moderation`, (m) => { state.keywords = new Set(m.keywords); }),
    get("room.read", room, (r) => { state.hosts = r.host_ids || []; }),
    get("coupon.read", "/v1/coupons", (list) => { state.batches = list.items.filter((b) => !b.voided); }),
  ]);
  redraw(["control"]);
}

function buildRoom() {
  buildBoard(page);
  buildControl(page, () => state);
  clearComments();
  $("prompts").replaceChildren();
  $("prompt-form").hidden = !page.may("command.send_prompt");
  $("announce-form").hidden = !page.may("command.announce");
  redraw(EVERYTHING);
}

// newID also works on a page served without TLS, where randomUUID is missing.
function newID() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

// sender wires a one-line form to a command; the text stays when it is refused.
function sender(form, input, name) {
  $(form).addEventListener("submit", async (e) => {
    e.preventDefault();
    const text = $(input).value.trim();
    if (text && await command(name, { text })) $(input).value = "";
  });
}

$("login-form").addEventListener("submit", (e) => {
  e.preventDefault();
  const given = $("token").value.trim();
  $("token").value = "";
  logIn(given);
});
$("logout").addEventListener("click", () => logOut());
$("back").addEventListener("click", listRooms);
$("newest").addEventListener("click", scrollComments);
$("comments").addEventListener("scroll", () => {
  const box = $("comments");
  if (box.scrollHeight - box.scrollTop - box.clientHeight < 40) $("newest").hidden = true;
});
$("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem(LANGUAGE, language);
  translate();
  if (roomID) buildRoom();
});
sender("prompt-form", "prompt-text", "send_prompt");
sender("announce-form", "announce-text", "announce");
setInterval(() => { if (roomID) drawTrust(state, page); }, 1000);

translate();
try {
  tables = await (await fetch("tables.json")).json();
} catch {
  notice(page.say("offline"));
}
const kept = sessionStorage.getItem(TOKEN);
if (kept) logIn(kept);
else show("login");
