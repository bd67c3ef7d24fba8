// Uses of the client that must compile, and some that must not: each
// `@ts-expect-error` is a fault that the types have to find.

import { AgentClient, RoomClient, type EventType } from "../client/client.ts";

const room = new RoomClient({ address: "wss://host/v1/rooms/r1/ws", token: "t" });

room.when("comment_sent", (e) => {
  const text: string = e.data.text;
  const reply: string | undefined = e.data.reply_to;
  void [text, reply, e.data["another member"]];
  // @ts-expect-error a text is no number
  const n: number = e.data.text;
  void n;
});
room.when("red_packet_dropped", (e) => void e.data["packet_id"]);
room.when("room_stats", (e) => void e.data["online"]);
// @ts-expect-error no such event
room.when("comment_send", () => {});

void room.fact("comment_sent", { text: "how large is it?" });
void room.fact("followed");
void room.fact("liked", { count: 3 });
// @ts-expect-error a comment has a text
void room.fact("comment_sent", {});
// @ts-expect-error a comment has a text
void room.fact("comment_sent");
// @ts-expect-error likes are counted by a number
void room.fact("liked", { count: "3" });
// @ts-expect-error a viewer states no such fact
void room.fact("order_paid", {});

void room.ask("red_packet_claimed", { packet_id: "rp_1" });
void room.ask("lucky_draw_entered", { draw_id: "dr_1" });
// @ts-expect-error a share is one of a packet
void room.ask("red_packet_claimed", { draw_id: "dr_1" });

void room.command("pin_product", { product_id: "p1" });
void room.command("end_show");
void room.command("mute_viewer", { viewer_id: "v1", duration_s: 60 });
// @ts-expect-error what is pinned is named
void room.command("pin_product", {});
// @ts-expect-error an argument the server does not know
void room.command("mute_viewer", { viewer_id: "v1", minutes: 1 });
// @ts-expect-error no such command
void room.command("pin_producct", { product_id: "p1" });

const kinds: EventType[] = ["show_started", "lucky_draw_drawn"];
void kinds;

const desk = new AgentClient({ address: "wss://host/v1/service/ws", token: "t" });
desk.on("state", ({ sessions, queue, agent }) => void [sessions[0]?.session_id, queue.length, agent.capacity]);
desk.when("message", ({ session, message }) => {
  const text: string = message.text;
  const state: "bot" | "queued" | "assigned" | "closed" = session.state;
  void [text, state];
});
desk.when("sla", ({ clock }) => void clock.length);
// @ts-expect-error no such turn
desk.when("typing", () => {});
void desk.say("s1", "hi", { kind: "care" }).then(({ message, replay }) => [message.n + 1, !replay]);
// @ts-expect-error no such kind
void desk.say("s1", "hi", { kind: "spam" });
void desk.accept("s1").then(({ session }) => session.clocks[0]?.due_at);
void desk.transfer("s1", { agent_id: "wang", reason: "knows it" });
// @ts-expect-error a reason is given
void desk.transfer("s1", { agent_id: "wang" });
void desk.close("s1", "resolved");
// @ts-expect-error only the desk closes in silence
void desk.close("s1", "silent");
void desk.tag("s1", ["vip"]);
void desk.away(true).then(({ state }) => state === "away");
