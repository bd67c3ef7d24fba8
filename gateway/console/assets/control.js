// The levers of the show: who may write, blocked words, the host, and what is
// given away. Forms are built once, so that nothing a person types is lost when
// the room moves on; only what the room says of them is drawn again.

import { $, ask, el, put } from "./dom.js";
import { count, minorOf, money } from "./money.js";

const MODES = ["mute_all", "comments_off", "followers_only"];
const ON_AIR = ["live", "paused"];
let levers = []; // of {node, draw}

// buildControl makes the levers that the role may pull; stateNow tells the state
// when one is pulled.
export function buildControl(page, stateNow) {
  levers = [speech, keywords, host, coupons, packet, lottery].map((make) => make(page, stateNow)).filter(Boolean);
  $("control").replaceChildren(...levers.map((l) => l.node));
  $("control-panel").hidden = levers.length === 0;
}

export function drawControl(s, page) {
  for (const l of levers) l.draw(s, page);
}

// lever is a group with a name, its parts, and a line that says what became of
// the last command.
function lever(page, name, parts, draw) {
  const outcome = el("p", { class: "hint outcome", role: "status" });
  const node = el("fieldset", { class: "lever", "data-group": name }, el("legend", { text: page.say(name) }), ...parts(outcome), outcome);
  return { node, draw };
}

function field(page, name, input, label = page.say(name)) {
  input.setAttribute("name", name);
  return el("label", {}, el("span", { text: label }), input);
}

function button(page, name, text, onclick, more = {}) {
  return el("button", { type: onclick ? "button" : "submit", text, "data-command": name, onclick, ...more });
}

function form(onsubmit, ...parts) {
  const node = el("form", {}, ...parts);
  node.addEventListener("submit", (e) => {
    e.preventDefault();
    onsubmit(node.elements);
  });
  return node;
}

const whole = (least, most, more = {}) => el("input", { type: "number", min: least, max: most, step: 1, required: true, inputmode: "numeric", ...more });

function complain(outcome, text) {
  outcome.classList.add("no");
  put(outcome, text);
}

// options fills a choice again only when what there is to choose changed.
function options(select, list) {
  const key = JSON.stringify(list);
  if (select.dataset.key === key) return;
  const chosen = select.value;
  select.dataset.key = key;
  select.replaceChildren(...list.map(([value, text]) => el("option", { value, text })));
  if (list.some(([value]) => value === chosen)) select.value = chosen;
}

function speech(page) {
  const modes = MODES.filter((m) => page.may(`command.${m}`));
  if (modes.length === 0) return null;
  const seconds = whole(0, 3600);
  const presses = {};
  return lever(page, "speech", (outcome) => {
    for (const m of modes) {
      presses[m] = button(page, m, page.say(m), () => page.command(m, { on: presses[m].getAttribute("aria-pressed") !== "true" }, outcome), { "aria-pressed": "false" });
    }
    return [
      el("div", { class: "row" }, ...Object.values(presses)),
      page.may("command.set_slow_mode") && form(() => page.command("set_slow_mode", { seconds: Number(seconds.value) }, outcome),
        field(page, "slow_mode", seconds), button(page, "set_slow_mode", page.say("set"))),
    ];
  }, (s) => {
    const m = (s.room && s.room.modes) || {};
    for (const name of modes) presses[name].setAttribute("aria-pressed", String(m[name] === true));
    if (document.activeElement !== seconds) seconds.value = m.slow_mode_s || 0;
  });
}

function keywords(page) {
  if (!page.may("command.block_keyword")) return null;
  const word = el("input", { maxlength: 64, required: true, autocomplete: "off" });
  const list = el("ul", { class: "words" });
  let drawn = "";
  let outcome;
  return lever(page, "keywords", (o) => {
    outcome = o;
    return [form(async () => {
      if (await page.command("block_keyword", { word: word.value.trim() }, o)) word.value = "";
    }, field(page, "keyword", word), button(page, "block_keyword", page.say("block"))), list];
  }, (s) => {
    const words = [...s.keywords].sort();
    if (drawn === JSON.stringify(words)) return;
    drawn = JSON.stringify(words);
    // The button that was pressed goes with its word: the next one takes its place.
    const at = [...list.children].indexOf(document.activeElement?.closest("li"));
    list.replaceChildren(...words.map((w) => el("li", {}, el("button", {
      type: "button", text: `${w} ×`, "aria-label": page.say("unblock", { word: w }), "data-word": w, disabled: !page.may("command.unblock_keyword"),
      onclick: () => page.command("unblock_keyword", { word: w }, outcome),
    }))));
    if (words.length === 0) list.append(el("li", { class: "hint", text: page.say("keywords_none") }));
    if (at >= 0) (list.querySelectorAll("button")[Math.min(at, words.length - 1)] || word).focus();
  });
}

function host(page) {
  if (!page.may("command.handover_host")) return null;
  const to = el("input", { required: true, autocomplete: "off", maxlength: 128, list: "host-ids" });
  const known = el("datalist", { id: "host-ids" });
  const on = el("p", { class: "hint", "data-now": "host" });
  const press = button(page, "handover_host", page.say("hand_over"));
  return lever(page, "host", (outcome) => [on, known, form(async () => {
    if (await page.command("handover_host", { host_id: to.value.trim() }, outcome)) to.value = "";
  }, field(page, "host_to", to), press)], (s) => {
    const id = s.show && s.show.host_id;
    put(on, id ? page.say("host_on", { host: id }) : page.say("host_none"));
    options(known, s.hosts.map((h) => [h, h]));
    press.disabled = !running(s);
  });
}

const running = (s) => Boolean(s.show && ON_AIR.includes(s.show.state));

function coupons(page) {
  if (!page.may("command.drop_coupon")) return null;
  const batch = el("select", { required: true });
  const task = el("select", {}, ...["none", "follow", "watch_n"].map((t) => el("option", { value: t, text: page.say(`task_${t}`) })));
  const minutes = whole(1, 600, { required: false, disabled: true });
  const ends = whole(1, 1440, { required: false });
  const now = el("p", { class: "hint", "data-now": "coupon" });
  task.addEventListener("change", () => {
    minutes.disabled = task.value !== "watch_n";
    minutes.required = !minutes.disabled;
  });
  const drop = button(page, "drop_coupon", page.say("drop"));
  let stop;
  return lever(page, "coupons", (outcome) => {
    stop = button(page, "stop_coupon", page.say("stop"), () => page.command("stop_coupon", {}, outcome));
    return [now, form(() => page.command("drop_coupon", {
      batch_id: batch.value, task: task.value, ...(minutes.disabled ? {} : { task_minutes: Number(minutes.value) }),
      ...(ends.value ? { window: "minutes", window_minutes: Number(ends.value) } : {}),
    }, outcome), field(page, "batch", batch), field(page, "task", task), field(page, "task_minutes", minutes), field(page, "window_minutes", ends),
    el("div", { class: "row" }, drop, stop))];
  }, (s) => {
    const c = s.room && s.room.coupon;
    const claimed = c && (c.claimed ?? c.total - c.left);
    put(now, c ? page.say("coupon_runs", { title: c.title, claimed: count(claimed, page.locale), total: count(c.total, page.locale) })
      : page.say(s.batches.length ? "nothing_runs" : "batches_none"));
    options(batch, s.batches.map((b) => [b.batch_id, b.title || b.batch_id]));
    drop.disabled = Boolean(c) || !running(s) || s.batches.length === 0;
    stop.disabled = !c;
  });
}

// amount reads a sum in whole units, or says beside the lever that it is none.
function amount(page, stateNow, input, outcome) {
  const currency = currencyOf(stateNow());
  const minor = minorOf(input.value, page.digits[currency]);
  if (minor === null) complain(outcome, page.say("not_money", { currency }));
  return minor;
}

const currencyOf = (s) => (s.show && s.show.currency) || (s.room && s.room.currency) || "";

function packet(page, stateNow) {
  if (!page.may("command.drop_red_packet")) return null;
  const total = el("input", { required: true, inputmode: "decimal", autocomplete: "off" });
  const shares = whole(1, 2000);
  const countdown = whole(0, 59940, { value: 60 });
  const now = el("p", { class: "hint", "data-now": "red_packet" });
  const drop = button(page, "drop_red_packet", page.say("drop"));
  const sum = field(page, "packet_total", total);
  return lever(page, "packet", (outcome) => [now, form(async () => {
    const minor = amount(page, stateNow, total, outcome);
    if (minor === null) return;
    const text = money(minor, currencyOf(stateNow()), page.digits, page.locale);
    if (!await ask(page.say("confirm_packet", { total: text, count: shares.value }), page)) return;
    if (await page.command("drop_red_packet", { total_minor: minor, count: Number(shares.value), countdown_s: Number(countdown.value) }, outcome)) total.value = "";
  }, sum, field(page, "packet_count", shares), field(page, "countdown", countdown), drop)], (s) => {
    const p = s.room && s.room.red_packet;
    put(sum.firstChild, page.say("packet_total", { currency: currencyOf(s) }));
    put(now, p ? page.say("packet_runs", {
      total: money(p.total_minor, p.currency, page.digits, page.locale), count: count(p.count, page.locale), claimed: count(p.claimed || 0, page.locale),
    }) : page.say("nothing_runs"));
    drop.disabled = Boolean(p) || !running(s);
  });
}

function lottery(page, stateNow) {
  if (!page.may("command.draw")) return null;
  const mayOpen = page.may("command.open_lucky_draw");
  const prize = el("input", { required: true, maxlength: 200, autocomplete: "off" });
  const worth = el("input", { required: true, inputmode: "decimal", autocomplete: "off" });
  const winners = whole(1, 1000, { value: 1 });
  const countdown = whole(1, 7200, { value: 120 });
  const reason = el("input", { required: true, maxlength: 200, autocomplete: "off" });
  const now = el("p", { class: "hint", "data-now": "draw" });
  const open = button(page, "open_lucky_draw", page.say("draw_open"));
  const cancel = button(page, "cancel_lucky_draw", page.say("draw_cancel"), undefined, { class: "danger" });
  const value = field(page, "prize_worth", worth);
  let draw;
  return lever(page, "draw", (outcome) => {
    draw = button(page, "draw", page.say("draw_now"), () => page.command("draw", {}, outcome));
    return [
      now,
      mayOpen && form(async () => {
        const minor = amount(page, stateNow, worth, outcome);
        if (minor === null || !await ask(page.say("confirm_draw", { winners: winners.value, prize: prize.value }), page)) return;
        await page.command("open_lucky_draw", { prize: prize.value.trim(), prize_minor: minor, winners: Number(winners.value), countdown_s: Number(countdown.value) }, outcome);
      }, field(page, "prize", prize), value, field(page, "winners", winners), field(page, "countdown", countdown), open),
      el("div", { class: "row" }, draw),
      page.may("command.cancel_lucky_draw") && form(async () => {
        if (!await ask(page.say("confirm_draw_cancel"), page)) return;
        if (await page.command("cancel_lucky_draw", { reason: reason.value.trim() }, outcome)) reason.value = "";
      }, field(page, "draw_reason", reason), cancel),
    ];
  }, (s) => {
    const d = s.room && s.room.draw;
    put(value.firstChild, page.say("prize_worth", { currency: currencyOf(s) }));
    put(now, d ? page.say("draw_runs", { prize: d.prize, entries: count(d.entries, page.locale), state: page.say(`draw_state_${d.state}`) }) : page.say("nothing_runs"));
    open.disabled = Boolean(d) || !running(s);
    draw.disabled = !d || d.state !== "closed";
    cancel.disabled = !d;
  });
}
