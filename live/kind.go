package live

import "slices"

// Kind names what happened, in the past tense. Kinds not in [Kinds] are refused.
type Kind string

// The kinds that code refers to by name. The rest stand only in [Kinds].
const (
	CommentSent        Kind = "comment_sent"
	Liked              Kind = "liked"
	ProductExposed     Kind = "product_exposed"
	ProductClicked     Kind = "product_clicked"
	CartItemAdded      Kind = "cart_item_added"
	CheckoutStarted    Kind = "checkout_started"
	Followed           Kind = "followed"
	Unfollowed         Kind = "unfollowed"
	RoomShared         Kind = "room_shared"
	WatchHeartbeat     Kind = "watch_heartbeat"
	CouponClaimed      Kind = "coupon_claimed"
	CouponDropped      Kind = "coupon_dropped"
	CouponDropEnded    Kind = "coupon_drop_ended"
	CouponRedeemed     Kind = "coupon_redeemed"
	CouponReturned     Kind = "coupon_returned"
	CouponExpired      Kind = "coupon_expired"
	CouponVoided       Kind = "coupon_voided"
	RedPacketDropped   Kind = "red_packet_dropped"
	RedPacketClaimed   Kind = "red_packet_claimed"
	RedPacketClosed    Kind = "red_packet_closed"
	LuckyDrawOpened    Kind = "lucky_draw_opened"
	LuckyDrawEntered   Kind = "lucky_draw_entered"
	LuckyDrawClosed    Kind = "lucky_draw_closed"
	LuckyDrawDrawn     Kind = "lucky_draw_drawn"
	LuckyDrawCancelled Kind = "lucky_draw_cancelled"
	LuckyDrawWon       Kind = "lucky_draw_won"
	PrizeClaimed       Kind = "prize_claimed"
	PrizeForfeited     Kind = "prize_forfeited"
	RoomExposed        Kind = "room_exposed"
	RoomEntered        Kind = "room_entered"
	RoomLeft           Kind = "room_left"

	ShowScheduled Kind = "show_scheduled"
	ShowStarted   Kind = "show_started"
	ShowPaused    Kind = "show_paused"
	ShowResumed   Kind = "show_resumed"
	ShowEnded     Kind = "show_ended"

	ProductListed         Kind = "product_listed"
	ProductDelisted       Kind = "product_delisted"
	ProductPinned         Kind = "product_pinned"
	ProductUnpinned       Kind = "product_unpinned"
	PriceChanged          Kind = "price_changed"
	StockReleased         Kind = "stock_released"
	StockHeld             Kind = "stock_held"
	StockReturned         Kind = "stock_returned"
	FlashSaleScheduled    Kind = "flash_sale_scheduled"
	FlashSaleStarted      Kind = "flash_sale_started"
	FlashSaleSoldOut      Kind = "flash_sale_sold_out"
	FlashSaleEnded        Kind = "flash_sale_ended"
	WaitlistJoined        Kind = "waitlist_joined"
	WaitlistOffered       Kind = "waitlist_offered"
	WaitlistExpired       Kind = "waitlist_expired"
	StockChanged          Kind = "stock_changed"
	AnnouncementPublished Kind = "announcement_published"
	CommentHidden         Kind = "comment_hidden"
	ViewerMuted           Kind = "viewer_muted"
	PromptSent            Kind = "prompt_sent"

	RehearsalStarted Kind = "rehearsal_started"
	RehearsalEnded   Kind = "rehearsal_ended"
	HostShiftStarted Kind = "host_shift_started"
	HostShiftEnded   Kind = "host_shift_ended"
	ExplainStarted   Kind = "explain_started"
	ExplainEnded     Kind = "explain_ended"
	ProductSorted    Kind = "product_sorted"

	QuestionAsked    Kind = "question_asked"
	CommentPinned    Kind = "comment_pinned"
	CommentUnpinned  Kind = "comment_unpinned"
	CommentRestored  Kind = "comment_restored"
	ViewerUnmuted    Kind = "viewer_unmuted"
	ViewerKicked     Kind = "viewer_kicked"
	ViewerBlocked    Kind = "viewer_blocked"
	ViewerUnblocked  Kind = "viewer_unblocked"
	RoomModeChanged  Kind = "room_mode_changed"
	KeywordBlocked   Kind = "keyword_blocked"
	KeywordUnblocked Kind = "keyword_unblocked"
	AutoreplySet     Kind = "autoreply_set"
	AutoReplied      Kind = "auto_replied"
	EventsDropped    Kind = "events_dropped"

	OrderCreated    Kind = "order_created"
	OrderPaid       Kind = "order_paid"
	OrderCancelled  Kind = "order_cancelled"
	RefundSucceeded Kind = "refund_succeeded"

	OrderPaymentFailed Kind = "order_payment_failed"
	DepositPaid        Kind = "presale_deposit_paid"
	BalancePaid        Kind = "balance_paid"
	OrderPriceChanged  Kind = "order_price_changed"
	ExchangeCreated    Kind = "exchange_created"
	OrderPartShipped   Kind = "order_part_shipped"
	OrderShipped       Kind = "order_shipped"
	OrderReceived      Kind = "order_received"
	OrderCompleted     Kind = "order_completed"
	OrderSettled       Kind = "order_settled"
	RefundRequested    Kind = "refund_requested"
	RefundApproved     Kind = "refund_approved"
	RefundRejected     Kind = "refund_rejected"
	RefundWithdrawn    Kind = "refund_withdrawn"
)

// HoldoutAssigned puts a person into the control group of an experiment, or among
// those who are treated; the newest word stands.
const HoldoutAssigned Kind = "holdout_assigned"

// What is learned of who is who.
const (
	IdentityMerged   Kind = "identity_merged"
	IdentityUnmerged Kind = "identity_unmerged"
	PersonErased     Kind = "person_erased"    // Person is the name they have now, which leads nowhere
	MetricCorrected  Kind = "metric_corrected" // a figure that was told before, old and new
	// OrderPersonChanged moves an order to another name of its buyer: Person is the
	// new one, Reason the one before. The order book alone states it, so it is not
	// among OrderKinds, which platforms may state.
	OrderPersonChanged Kind = "order_person_changed"
)

// What becomes of bindings to who brought somebody.
const (
	ReferralLinkCreated  Kind = "referral_link_created"
	ReferralBound        Kind = "referral_bound"
	ReferralUnbound      Kind = "referral_unbound"
	ReferralBonusGranted Kind = "referral_bonus_granted"
	ReferralBonusVoided  Kind = "referral_bonus_voided"
)

// What a binding earns: stated in the transaction that takes the fact of the
// order which causes it, each exactly once.
const (
	ReferralConverted  Kind = "referral_converted"  // an order of somebody who was bound is paid
	CommissionAccrued  Kind = "commission_accrued"  // more is owed to the referrer
	CommissionReversed Kind = "commission_reversed" // less is, such as for a refund
)

// What becomes of people on the ladder.
const (
	LadderChanged    Kind = "ladder_changed"
	PartnerApplied   Kind = "partner_applied"
	PartnerApproved  Kind = "partner_approved"
	PartnerSuspended Kind = "partner_suspended"
)

// Origin says through which door a kind may come in.
type Origin uint8

// Doors.
const (
	FromViewer   Origin = 1 << iota // a viewer's websocket
	FromProducer                    // POST /v1/events by an integration, agent or operator
	FromSystem                      // only Showrunner itself states it
	FromHistory                     // beside another door: by import, up to MaxHistoryAge old
)

// Audience says who sees an event as it happens.
type Audience uint8

// Audiences.
const (
	AudienceNone   Audience = iota // kept and counted; others see it in totals only
	AudienceRoom                   // everybody in the room
	AudiencePanel                  // panels only
	AudiencePerson                 // only the person it is about, as a viewer
)

// FieldType is the JSON type and the rule of a data field.
type FieldType uint8

// Field types.
const (
	TypeText     FieldType = iota // string of Min..Max runes
	TypeID                        // identifier, see ValidID
	TypeInt                       // integer of Min..Max; a fraction is refused
	TypeFlag                      // true or false
	TypeOther                     // any JSON; checked where it is used
	TypeCurrency                  // ISO 4217 code, see Currency.Valid
)

// Field is one member of a kind's data.
type Field struct {
	Name     string
	Type     FieldType
	Required bool
	Min, Max int64
	OneOf    []string // of TypeText: the words allowed, beside the empty one when not required
}

// Spec is one row of [Kinds].
type Spec struct {
	Kind     Kind
	From     Origin
	Audience Audience
	Fields   []Field
}

func text(name string, most int64) Field { return Field{Name: name, Type: TypeText, Min: 0, Max: most} }
func id(name string) Field               { return Field{Name: name, Type: TypeID} }
func integer(name string, least, most int64) Field {
	return Field{Name: name, Type: TypeInt, Min: least, Max: most}
}

func oneOf(name string, words []string) Field {
	return Field{Name: name, Type: TypeText, Max: 32, OneOf: words}
}
func flag(name string) Field { return Field{Name: name, Type: TypeFlag} }

// touched are the fields of a touch of the chain beside its own: who and what
// the person met, and what it cost.
func touched(own ...Field) []Field {
	for _, f := range []Field{
		id("agent_id"), text("agent_name", 64), id("group_id"), text("group_name", 64), id("entry_id"), id("host_id"),
		integer("cost_minor", 0, MaxMinor),
		{Name: "cost_currency", Type: TypeCurrency},
	} {
		if !slices.ContainsFunc(own, func(x Field) bool { return x.Name == f.Name }) {
			own = append(own, f)
		}
	}
	return own
}

func must(f Field) Field {
	f.Required = true
	if f.Type == TypeText && f.Min == 0 {
		f.Min = 1
	}
	return f
}

const anyone = FromViewer | FromProducer

// Kinds is every fact there is: its door, its audience and its fields. Members
// of data that a row does not name are kept as they are.
var Kinds = slices.Concat(kinds, serviceKinds, groupKinds, complaintKinds, needKinds, incubationKinds, contactKinds, alertKinds)

// kinds are the rows that do not stand beside their noun.
var kinds = []Spec{
	// The viewer in the room.
	{CommentSent, anyone, AudienceRoom, []Field{must(text("text", MaxCommentRunes)), id("comment_id"), id("reply_to")}},
	{Liked, anyone, AudienceNone, []Field{must(integer("count", 1, 1000))}},
	{ProductExposed, anyone, AudienceNone, []Field{must(id("product_id")), must(text("surface", 32))}},
	{ProductClicked, anyone, AudienceNone, []Field{must(id("product_id")), id("sku_id"), must(text("surface", 32))}},
	{CartItemAdded, anyone, AudienceNone, []Field{must(id("sku_id")), id("product_id"), must(integer("qty", 1, 9999))}},
	{CheckoutStarted, anyone, AudienceNone, []Field{id("checkout_id")}},
	{Followed, anyone, AudienceNone, nil},
	{Unfollowed, anyone, AudienceNone, nil},
	{RoomShared, anyone, AudienceNone, []Field{must(text("share_channel", 64))}},
	{WatchHeartbeat, anyone, AudienceNone, []Field{must(flag("visible")), integer("watched_ms", 0, 120_000)}},
	{CouponClaimed, FromProducer | FromSystem, AudienceNone, []Field{must(id("batch_id"))}},   // a viewer asks for it; the store decides
	{LuckyDrawEntered, FromProducer | FromSystem, AudienceNone, []Field{must(id("draw_id"))}}, // likewise
	{RedPacketClaimed, FromSystem, AudiencePerson, nil},                                       // likewise
	{QuestionAsked, anyone, AudiencePanel, []Field{must(text("text", MaxCommentRunes))}},
	{RoomExposed, FromProducer, AudienceNone, []Field{text("surface", 32)}},
	{RoomEntered, FromProducer | FromSystem, AudienceNone, []Field{flag("resumed")}},
	{RoomLeft, FromProducer | FromSystem, AudienceNone, []Field{text("reason", 64)}},
	{GiftSent, FromProducer, AudienceNone, []Field{must(id("gift_id")), must(integer("count", 1, 1_000_000)), integer("value_minor", 0, MaxMinor), id("streak_id"), flag("streak_end")}},
	{"room_disliked", FromProducer, AudienceNone, nil},
	{"viewer_reported", FromProducer, AudienceNone, []Field{must(id("target")), text("reason", 200)}},

	// The chain outside the room.
	{"lead_captured", FromProducer, AudienceNone, touched(id("form_id"))},
	{"ad_clicked", FromProducer, AudienceNone, touched(id("ad_id"), integer("cost_minor", 0, MaxMinor))},
	{"show_reserved", FromProducer, AudienceNone, touched()},
	{"contact_added", FromProducer, AudienceNone, touched(id("agent_id"))},
	{"contact_lost", FromProducer, AudienceNone, []Field{text("lost_by", 32), flag("blocked")}},
	{"group_message_clicked", FromProducer, AudienceNone, touched(must(id("group_id")))},
	{"referral_clicked", FromProducer, AudienceNone, touched(must(id("referrer")))},
	{HoldoutAssigned, FromProducer, AudienceNone, []Field{must(id("experiment")), must(flag("control"))}},
	{ReviewPosted, FromProducer, AudienceNone, []Field{id("order_id"), integer("score", 1, 5), text("text", 2000)}},
	{FollowupDone, FromProducer | FromSystem, AudienceNone, touched(text("result", 64))},

	// Who is who: stated by the store when names turn out to be one person's.
	{IdentityMerged, FromSystem, AudienceNone, nil},
	{IdentityUnmerged, FromSystem, AudienceNone, nil},
	{PersonErased, FromSystem, AudienceNone, nil},
	{MetricCorrected, FromSystem, AudiencePanel, nil},
	{OrderPersonChanged, FromSystem, AudienceNone, nil},

	// Who is a bot: stated by the rules over the log, or by an operator.
	{BotFlagged, FromSystem, AudiencePanel, nil},
	{BotUnflagged, FromSystem, AudiencePanel, nil},

	// Who brought whom: stated by the ledger of bindings.
	{ReferralLinkCreated, FromSystem, AudienceNone, nil},
	{ReferralBound, FromSystem, AudienceNone, nil},
	{ReferralUnbound, FromSystem, AudienceNone, nil},
	{ReferralBonusGranted, FromSystem, AudienceNone, nil},
	{ReferralBonusVoided, FromSystem, AudienceNone, nil},
	{ReferralConverted, FromSystem, AudienceNone, nil},
	{CommissionAccrued, FromSystem, AudienceNone, nil},
	{CommissionReversed, FromSystem, AudienceNone, nil},

	// The ladder: stated by its reader, and by who decides on partners.
	{LadderChanged, FromSystem, AudienceNone, nil},
	{PartnerApplied, FromSystem, AudienceNone, nil},
	{PartnerApproved, FromSystem, AudienceNone, nil},
	{PartnerSuspended, FromSystem, AudienceNone, nil},

	// The show and its shelf: results of commands.
	{ShowScheduled, FromSystem, AudiencePanel, nil},
	{ShowStarted, FromSystem, AudienceRoom, nil},
	{ShowPaused, FromSystem, AudienceRoom, nil},
	{ShowResumed, FromSystem, AudienceRoom, nil},
	{ShowEnded, FromSystem, AudienceRoom, nil},
	{ProductListed, FromSystem, AudienceRoom, nil},
	{ProductDelisted, FromSystem, AudienceRoom, nil},
	{ProductPinned, FromSystem, AudienceRoom, nil},
	{ProductUnpinned, FromSystem, AudienceRoom, nil},
	{PriceChanged, FromSystem, AudienceRoom, nil},
	{StockReleased, FromSystem, AudienceRoom, nil},
	{StockHeld, FromSystem, AudienceRoom, nil},
	{StockReturned, FromSystem, AudiencePanel, nil},
	{StockChanged, FromSystem, AudienceRoom, nil},
	{WaitlistJoined, FromSystem, AudiencePanel, nil}, // a viewer asks for it; the store decides
	{WaitlistOffered, FromSystem, AudiencePerson, nil},
	{WaitlistExpired, FromSystem, AudiencePerson, nil},
	{FlashSaleScheduled, FromSystem, AudienceRoom, nil},
	{FlashSaleStarted, FromSystem, AudienceRoom, nil},
	{FlashSaleSoldOut, FromSystem, AudienceRoom, nil},
	{FlashSaleEnded, FromSystem, AudienceRoom, nil},
	{RedPacketDropped, FromSystem, AudienceRoom, nil},
	{RedPacketClosed, FromSystem, AudienceRoom, nil},
	{LuckyDrawOpened, FromSystem, AudienceRoom, nil},
	{LuckyDrawClosed, FromSystem, AudienceRoom, nil},
	{LuckyDrawDrawn, FromSystem, AudienceRoom, nil},
	{LuckyDrawCancelled, FromSystem, AudienceRoom, nil},
	{LuckyDrawWon, FromSystem, AudiencePerson, nil},
	{PrizeClaimed, FromSystem, AudiencePerson, nil},
	{PrizeForfeited, FromSystem, AudiencePerson, nil},
	{CouponDropped, FromSystem, AudienceRoom, nil},
	{CouponDropEnded, FromSystem, AudienceRoom, nil},
	{CouponRedeemed, FromSystem, AudiencePerson, nil},
	{CouponReturned, FromSystem, AudiencePerson, nil},
	{CouponExpired, FromSystem, AudiencePerson, nil},
	{CouponVoided, FromSystem, AudiencePerson, nil},
	{AnnouncementPublished, FromSystem, AudienceRoom, nil},
	{CommentHidden, FromSystem, AudienceRoom, nil},
	{ViewerMuted, FromSystem, AudienceRoom, nil},
	{PromptSent, FromSystem, AudiencePanel, nil},
	{RehearsalStarted, FromSystem, AudiencePanel, nil},
	{RehearsalEnded, FromSystem, AudiencePanel, nil},
	{HostShiftStarted, FromSystem, AudienceRoom, nil},
	{HostShiftEnded, FromSystem, AudienceRoom, nil},
	{ExplainStarted, FromSystem, AudienceRoom, nil},
	{ExplainEnded, FromSystem, AudienceRoom, nil},
	{ProductSorted, FromSystem, AudienceRoom, nil},
	{CommentPinned, FromSystem, AudienceRoom, nil},
	{CommentUnpinned, FromSystem, AudienceRoom, nil},
	{CommentRestored, FromSystem, AudienceRoom, nil},
	{ViewerUnmuted, FromSystem, AudienceRoom, nil},
	{ViewerKicked, FromSystem, AudienceRoom, nil},
	{ViewerBlocked, FromSystem, AudienceRoom, nil},
	{ViewerUnblocked, FromSystem, AudiencePanel, nil},
	{RoomModeChanged, FromSystem, AudienceRoom, nil},
	{KeywordBlocked, FromSystem, AudiencePanel, nil}, // the words themselves are not for the room
	{KeywordUnblocked, FromSystem, AudiencePanel, nil},
	{AutoreplySet, FromSystem, AudiencePanel, nil},
	{AutoReplied, FromSystem, AudienceRoom, nil},
	{EventsDropped, FromSystem, AudiencePanel, nil},

	// Orders: stated by the order book with their deltas.
	{OrderCreated, FromSystem, AudiencePanel, nil},
	{OrderPaid, FromSystem, AudiencePanel, nil},
	{OrderCancelled, FromSystem, AudiencePanel, nil},
	{RefundSucceeded, FromSystem, AudiencePanel, nil},
	{OrderPaymentFailed, FromSystem, AudiencePanel, nil},
	{DepositPaid, FromSystem, AudiencePanel, nil},
	{BalancePaid, FromSystem, AudiencePanel, nil},
	{OrderPriceChanged, FromSystem, AudiencePanel, nil},
	{ExchangeCreated, FromSystem, AudiencePanel, nil},
	{OrderPartShipped, FromSystem, AudiencePanel, nil},
	{OrderShipped, FromSystem, AudiencePanel, nil},
	{OrderReceived, FromSystem, AudiencePanel, nil},
	{OrderCompleted, FromSystem, AudiencePanel, nil},
	{OrderSettled, FromSystem, AudiencePanel, nil},
	{RefundRequested, FromSystem, AudiencePanel, nil},
	{RefundApproved, FromSystem, AudiencePanel, nil},
	{RefundRejected, FromSystem, AudiencePanel, nil},
	{RefundWithdrawn, FromSystem, AudiencePanel, nil},

	// Who earned an order: stated by the store.
	{OrderAttributed, FromSystem, AudiencePanel, nil},
	{OrderReattributed, FromSystem, AudiencePanel, nil},
}

var specs = func() map[Kind]*Spec {
	m := make(map[Kind]*Spec, len(Kinds))
	for i := range Kinds {
		m[Kinds[i].Kind] = &Kinds[i]
	}
	return m
}()

// SpecOf finds the row of a kind.
func SpecOf(k Kind) (*Spec, bool) {
	s, ok := specs[k]
	return s, ok
}

// OrderKinds is every fact of an order, in the order in which facts that are
// otherwise equal are folded.
var OrderKinds = []Kind{
	OrderCreated, OrderPriceChanged, ExchangeCreated, OrderPaymentFailed, OrderPaid, DepositPaid, BalancePaid,
	OrderPartShipped, OrderShipped, OrderReceived, OrderCompleted,
	RefundRequested, RefundApproved, RefundRejected, RefundWithdrawn, RefundSucceeded, OrderCancelled, OrderSettled,
}

// OrderFactKind reports whether k states a fact of an order, which goes to the
// order book and not straight to the log.
func OrderFactKind(k Kind) bool {
	return k == OrderPersonChanged || slices.Contains(OrderKinds, k)
}
