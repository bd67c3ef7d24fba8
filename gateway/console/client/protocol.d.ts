// Made of the AsyncAPI document by `go test ./gateway/ws -update`:
// do not edit. The same test fails when the two are not alike.

/** Members that are not told here: new ones may come. */
export type More = Record<string, unknown>;

/** What the data of a room's events holds, by type. */
export interface EventData {
  alert_acknowledged: More;
  alert_cleared: More;
  alert_raised: More;
  announcement_published: More;
  auto_replied: More;
  autoreply_set: More;
  balance_paid: More;
  bot_flagged: More;
  bot_unflagged: More;
  comment_hidden: More;
  comment_pinned: More;
  comment_restored: More;
  comment_sent: { comment_id?: string; reply_to?: string; text: string } & More;
  comment_unpinned: More;
  coupon_drop_ended: More;
  coupon_dropped: More;
  coupon_expired: More;
  coupon_redeemed: More;
  coupon_returned: More;
  coupon_voided: More;
  events_dropped: More;
  exchange_created: More;
  explain_ended: More;
  explain_started: More;
  flash_sale_ended: More;
  flash_sale_scheduled: More;
  flash_sale_sold_out: More;
  flash_sale_started: More;
  host_shift_ended: More;
  host_shift_started: More;
  keyword_blocked: More;
  keyword_unblocked: More;
  lucky_draw_cancelled: More;
  lucky_draw_closed: More;
  lucky_draw_drawn: More;
  lucky_draw_opened: More;
  lucky_draw_won: More;
  metric_corrected: More;
  order_attributed: More;
  order_cancelled: More;
  order_completed: More;
  order_created: More;
  order_paid: More;
  order_part_shipped: More;
  order_payment_failed: More;
  order_price_changed: More;
  order_reattributed: More;
  order_received: More;
  order_settled: More;
  order_shipped: More;
  presale_deposit_paid: More;
  price_changed: More;
  prize_claimed: More;
  prize_forfeited: More;
  product_delisted: More;
  product_listed: More;
  product_pinned: More;
  product_sorted: More;
  product_unpinned: More;
  question_asked: { text: string } & More;
  red_packet_claimed: More;
  red_packet_closed: More;
  red_packet_dropped: More;
  refund_approved: More;
  refund_rejected: More;
  refund_requested: More;
  refund_succeeded: More;
  refund_withdrawn: More;
  rehearsal_ended: More;
  rehearsal_started: More;
  room_mode_changed: More;
  room_stats: More;
  service_handed_over: More;
  service_message_sent: { by?: string; kind?: string; session_id: string } & More;
  service_session_assigned: More;
  service_session_closed: { agent_id?: string; agent_name?: string; cost_currency?: string; cost_minor?: number; entry_id?: string; group_id?: string; group_name?: string; host_id?: string; resolution?: string; session_id: string } & More;
  service_session_reopened: More;
  service_session_transferred: More;
  show_brief_published: More;
  show_brief_read: More;
  show_ended: More;
  show_paused: More;
  show_resumed: More;
  show_scheduled: More;
  show_started: More;
  stock_changed: More;
  stock_held: More;
  stock_released: More;
  stock_returned: More;
  viewer_blocked: More;
  viewer_kicked: More;
  viewer_muted: More;
  viewer_unblocked: More;
  viewer_unmuted: More;
  waitlist_expired: More;
  waitlist_joined: More;
  waitlist_offered: More;
}

/** What a viewer may state. */
export interface FactData {
  cart_item_added: { product_id?: string; qty: number; sku_id: string } & More;
  checkout_started: { checkout_id?: string } & More;
  comment_sent: { comment_id?: string; reply_to?: string; text: string } & More;
  followed: More;
  liked: { count: number } & More;
  product_clicked: { product_id: string; sku_id?: string; surface: string } & More;
  product_exposed: { product_id: string; surface: string } & More;
  question_asked: { text: string } & More;
  room_shared: { share_channel: string } & More;
  service_entry_exposed: { entry_id: string } & More;
  service_entry_opened: { entry_id: string } & More;
  unfollowed: More;
  watch_heartbeat: { visible: boolean; watched_ms?: number } & More;
}

/** What a viewer may ask for: the server decides. */
export interface RequestData {
  cancel_order: { order_id: string };
  coupon_claimed: { batch_id: string };
  lucky_draw_entered: { draw_id: string; nonce?: string };
  place_order: { client_order_id: string; coupon_id?: string; lines: ({ qty: number; sku_id: string } & More)[] };
  red_packet_claimed: { packet_id: string };
  service_human: { session_id: string };
  service_open: { entry_id?: string; persona?: "expert" | "account_manager" | "product" | "after_sale"; text?: string };
  service_rate: { score: number; session_id: string };
  service_say: { session_id: string; text: string };
  waitlist_joined: { qty?: number; sku_id: string };
}

/** What a panel may command. The client names each with a command_id. */
export interface CommandData {
  add_product: { allotted?: number; commission_bps?: number; currency?: string; expected_version?: number; image_url?: string; per_person?: number; price_minor: number; product_id: string; rank?: number; show_id?: string; sku_id: string; stock?: number; stock_policy?: string; title: string };
  announce: { expected_version?: number; show_id?: string; text: string };
  block_keyword: { expected_version?: number; show_id?: string; word: string };
  block_viewer: { expected_version?: number; show_id?: string; viewer_id: string };
  cancel_lucky_draw: { draw_id?: string; expected_version?: number; reason: string; show_id?: string };
  comments_off: { expected_version?: number; show_id?: string };
  draw: { draw_id?: string; expected_version?: number; show_id?: string };
  drop_coupon: { batch_id: string; expected_version?: number; show_id?: string; task?: string; task_minutes?: number; window?: string; window_minutes?: number };
  drop_red_packet: { count: number; countdown_s?: number; expected_version?: number; follow?: boolean; month_limit?: number; open_s?: number; per_person?: number; show_id?: string; total_minor: number; watch_minutes?: number };
  end_explain: { expected_version?: number; product_id?: string; show_id?: string };
  end_flash_sale: { expected_version?: number; show_id?: string; sku_id: string };
  end_show: { expected_version?: number; show_id?: string };
  flag_bot: { expected_version?: number; reason?: string; show_id?: string; viewer_id: string };
  followers_only: { expected_version?: number; show_id?: string };
  handover_host: { expected_version?: number; host_id: string; show_id?: string };
  hide_comment: { comment_id: string; expected_version?: number; show_id?: string };
  hold_stock: { expected_version?: number; qty: number; show_id?: string; sku_id: string };
  kick_viewer: { expected_version?: number; show_id?: string; viewer_id: string };
  mute_all: { expected_version?: number; show_id?: string };
  mute_viewer: { duration_s?: number; expected_version?: number; show_id?: string; viewer_id: string };
  open_lucky_draw: { countdown_s: number; expected_version?: number; prize: string; prize_minor: number; show_id?: string; task?: string; task_minutes?: number; winners: number };
  pause_show: { expected_version?: number; show_id?: string };
  pin_comment: { comment_id: string; expected_version?: number; name?: string; show_id?: string; text: string; viewer_id?: string };
  pin_product: { expected_version?: number; product_id: string; show_id?: string };
  rehearse: { expected_version?: number; show_id?: string };
  release_stock: { expected_version?: number; extend?: boolean; qty: number; show_id?: string; sku_id: string };
  remove_product: { expected_version?: number; product_id?: string; show_id?: string; sku_id?: string };
  restore_comment: { comment_id: string; expected_version?: number; show_id?: string };
  resume_show: { expected_version?: number; show_id?: string };
  send_prompt: { expected_version?: number; show_id?: string; text: string; to?: string };
  set_autoreply: { expected_version?: number; keyword: string; show_id?: string; text?: string };
  set_price: { expected_version?: number; price_minor: number; show_id?: string; sku_id: string };
  set_slow_mode: { expected_version?: number; seconds: number; show_id?: string };
  sort_products: { expected_version?: number; show_id?: string };
  start_explain: { expected_version?: number; product_id: string; show_id?: string };
  start_flash_sale: { duration_s: number; expected_version?: number; per_person?: number; price_minor: number; qty: number; show_id?: string; sku_id: string; start_in_s?: number };
  start_show: { expected_version?: number; show_id?: string };
  stop_coupon: { batch_id?: string; expected_version?: number; show_id?: string };
  unblock_keyword: { expected_version?: number; show_id?: string; word: string };
  unblock_viewer: { expected_version?: number; show_id?: string; viewer_id: string };
  unflag_bot: { expected_version?: number; reason?: string; show_id?: string; viewer_id: string };
  unmute_viewer: { expected_version?: number; show_id?: string; viewer_id: string };
  unpin_comment: { comment_id?: string; expected_version?: number; show_id?: string };
  unpin_product: { expected_version?: number; product_id?: string; show_id?: string };
}

/** What an agent may send, by type. */
export interface WorkData {
  accept: { session_id: string };
  away: { away: boolean };
  close: { resolution: "resolved" | "unresolved"; session_id: string };
  send: { kind?: "share" | "qa" | "recommend" | "care" | "notice" | "chat"; message_id?: string; session_id: string; text: string };
  tag: { session_id: string; tags: (string)[] };
  transfer: { agent_id?: string; persona?: "expert" | "account_manager" | "product" | "after_sale"; reason: string; session_id: string };
}

/** What the data of its ack holds. */
export interface WorkAnswer {
  accept: { session: ServiceSession } & More;
  away: Agent;
  close: { session: ServiceSession } & More;
  send: { message: ServiceMessage; replay: boolean } & More;
  tag: { session: ServiceSession } & More;
  transfer: { session: ServiceSession } & More;
}

export type Agent = { agent_id: string; capacity: number; name?: string; open: number; personas: ("expert" | "account_manager" | "product" | "after_sale")[]; state: "online" | "away" | "offline" | "left" } & More;

export type MessageTurn = { at: string; message: ServiceMessage; n: number; session: ServiceSession; session_id: string; type: "message" } & More;

export type QueueTurn = { at: string; gone?: boolean; n: number; session?: ServiceSession; session_id: string; type: "queue" } & More;

export type SessionTurn = { at: string; gone?: boolean; n: number; session?: ServiceSession; session_id: string; type: "session" } & More;

export type SLATurn = { at: string; clock: "first_response" | "resolution"; gone?: boolean; n: number; session?: ServiceSession; session_id: string; type: "sla" } & More;

export type AgentWelcome = { agent: Agent; n: number; queue?: (ServiceSession)[]; recovered: boolean; sessions?: (ServiceSession)[]; type: "welcome" } & More;

export type ServiceMessage = { agent_id?: string; at: string; by: "viewer" | "bot" | "agent"; kind: "share" | "qa" | "recommend" | "care" | "notice" | "chat"; message_id: string; n: number; session_id: string; text: string } & More;

export type ServicePromise = { breached_at?: string; business_ms?: number; clock: "first_response" | "resolution"; due_at?: string; wall_ms?: number } & More;

export type ServiceSession = { agent_id?: string; assigned_at?: string; channel?: string; clocks: (ServicePromise)[]; closed_at?: string; entry_id?: string; first_replied_at?: string; handed_over?: "asked" | "no_answer" | "repeated" | "limit" | "agent"; initiated_by: "viewer" | "agent"; last_at: string; merchant_id: string; messages: number; opened_at: string; person_id: string; persona?: "expert" | "account_manager" | "product" | "after_sale"; queued_at?: string; rate: boolean; reopened: number; resolution?: "resolved" | "unresolved" | "silent"; room_id?: string; score?: number; session_id: string; show_id?: string; state: "bot" | "queued" | "assigned" | "closed"; tags: (string)[]; waiting_since?: string } & More;
