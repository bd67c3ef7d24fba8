package api

import (
	"context"
	"io"
	"iter"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/alert"
	"showrunner/analytics/plan"
	"showrunner/analytics/wall"
	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/conversion/care/guard"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
	"showrunner/live/store"
)

// Rooms keeps rooms. Room returns a live.Error of live.FaultNotFound for an id
// that does not exist; the merchant is checked here, not there.
type Rooms interface {
	CreateRoom(ctx context.Context, r live.Room) (live.Room, error)
	Room(ctx context.Context, id live.RoomID) (live.Room, error)
	Rooms(ctx context.Context, f store.RoomFilter) ([]live.Room, string, error)
	UpdateRoom(ctx context.Context, id live.RoomID, p store.RoomPatch) (live.Room, error)
	Rules(room live.RoomID) *live.RoomRules
}

// Shows keeps shows and their shelves and carries out commands.
type Shows interface {
	CreateShow(ctx context.Context, s live.Show, by live.Principal) (live.Show, error)
	Show(ctx context.Context, id live.ShowID) (live.Show, error)
	Shows(ctx context.Context, f store.ShowFilter) ([]live.Show, string, error)
	UpdateShow(ctx context.Context, id live.ShowID, p store.ShowPatch, by live.Principal) (live.Show, error)
	OnAir(room live.RoomID) (live.Show, bool)
	Shelf(ctx context.Context, show live.ShowID) ([]live.Item, error)
	OpenSales(ctx context.Context, show live.ShowID) ([]live.FlashSale, error)
	PutShelf(ctx context.Context, show live.ShowID, items []live.Item, by live.Principal, at time.Time) ([]live.Item, error)
	PatchItem(ctx context.Context, show live.ShowID, sku live.SKUID, p store.ItemPatch, by live.Principal, at time.Time) (live.Item, error)
	Execute(ctx context.Context, c live.Command) (live.CommandResult, error)
	SetChecklist(ctx context.Context, m live.MerchantID, items []live.ChecklistItem, by live.Actor) error
	Checklist(ctx context.Context, m live.MerchantID, show live.ShowID) ([]live.ChecklistItem, map[string]live.ChecklistTick, error)
	Tick(ctx context.Context, show live.ShowID, item string, done bool, note string, by live.Actor) error
	Bots(ctx context.Context, show live.ShowID, cursor string, most int) ([]live.Bot, string, error)
}

// Orders is the order book.
type Orders interface {
	PlaceOrder(ctx context.Context, o live.PlaceOrder) (live.PlacedOrder, error)
	Waitlist(ctx context.Context, show live.ShowID, person live.PersonID) ([]live.WaitPlace, error)
	CancelOrder(ctx context.Context, m live.MerchantID, id live.OrderID, by live.Principal, at time.Time) (live.Order, error)
	ApplyFacts(ctx context.Context, m live.MerchantID, facts []store.Fact, at time.Time) ([]store.FactStatus, error)
	Order(ctx context.Context, m live.MerchantID, id live.OrderID) (live.Order, []live.OrderFact, error)
	Orders(ctx context.Context, f store.OrderFilter) ([]live.Order, string, error)
	Balances(ctx context.Context, m live.MerchantID, show live.ShowID, asOf time.Time) ([]live.Balance, error)
	LedgerWindow(ctx context.Context, m live.MerchantID, show live.ShowID, until, asOf time.Time) ([]live.LedgerWindow, error)
	PutIntegration(ctx context.Context, i store.Integration) error
	Integrations(ctx context.Context, source string) ([]store.Integration, error)
}

// Subscriptions keeps who is sent signed webhooks, and what became of each.
type Subscriptions interface {
	CreateSubscription(ctx context.Context, sub store.Subscription, by live.Principal) (store.Subscription, error)
	Subscription(ctx context.Context, id string) (store.Subscription, error)
	Subscriptions(ctx context.Context, f store.SubscriptionFilter) ([]store.Subscription, string, error)
	UpdateSubscription(ctx context.Context, id string, p store.SubscriptionPatch, by live.Principal) (store.Subscription, error)
	RotateSecret(ctx context.Context, id string, overlap time.Duration, by live.Principal) (store.Subscription, error)
	DeleteSubscription(ctx context.Context, id string, by live.Principal) error
	Webhook(ctx context.Context, id string) (store.Webhook, error)
	Webhooks(ctx context.Context, f store.WebhookFilter) ([]store.Webhook, string, error)
	ReplayWebhook(ctx context.Context, id string, by live.Principal) (store.Webhook, error)
	ReplayWebhooks(ctx context.Context, subscription string, from, until time.Time, state store.WebhookState, by live.Principal) (n int64, more bool, err error)
}

// Coupons keeps batches of coupons and who has claimed which.
type Coupons interface {
	PutCouponBatch(ctx context.Context, b live.CouponBatch, by live.Principal) (live.CouponBatch, error)
	CouponBatch(ctx context.Context, m live.MerchantID, id string) (live.CouponBatch, error)
	CouponBatches(ctx context.Context, f store.CouponFilter) ([]live.CouponBatch, string, error)
	VoidCouponBatch(ctx context.Context, m live.MerchantID, id string, by live.Principal) (live.CouponBatch, error)
	Coupons(ctx context.Context, f store.CouponFilter) ([]live.Coupon, string, error)
	PutBenefitLimits(ctx context.Context, m live.MerchantID, room live.RoomID, l live.BenefitLimits, by live.Principal) error
	BenefitLimits(ctx context.Context, m live.MerchantID, room live.RoomID) (own, holds live.BenefitLimits, err error)
}

// Draws keeps lucky draws. What it tells of one that is not over has no seed.
type Draws interface {
	Draw(ctx context.Context, m live.MerchantID, id string) (live.Draw, error)
	Draws(ctx context.Context, show live.ShowID) ([]live.Draw, error)
	DrawEntries(ctx context.Context, m live.MerchantID, id string) ([]string, error)
	ClaimPrize(ctx context.Context, draw string, by live.Principal) (live.DrawEntered, error)
}

// RedPackets keeps red packets. What it tells of one that runs has no seed and no
// shares.
type RedPackets interface {
	RedPacket(ctx context.Context, m live.MerchantID, id string) (live.RedPacket, []live.PacketShare, error)
	RedPackets(ctx context.Context, show live.ShowID) ([]live.RedPacket, error)
}

// Settlements keeps the settlement files of platforms and tells the orders
// they are compared with.
type Settlements interface {
	PutSettlement(ctx context.Context, in live.Settlement, rows iter.Seq2[live.SettlementRow, error]) (live.Settlement, error)
	Settlement(ctx context.Context, m live.MerchantID, show live.ShowID, id string) (live.Settlement, error)
	SettlementRows(ctx context.Context, m live.MerchantID, id string) iter.Seq2[live.SettlementRow, error]
	OrderTotals(ctx context.Context, m live.MerchantID, show live.ShowID) iter.Seq2[live.OrderTotal, error]
}

// People keeps who is who, where they stand on the ladder and who brought whom.
type People interface {
	Profile(ctx context.Context, m live.MerchantID, name live.PersonID, now time.Time) (store.Profile, error)
	Journey(ctx context.Context, m live.MerchantID, name live.PersonID, after string, most int) (live.PersonID, []store.JourneyItem, string, error)
	LadderSums(ctx context.Context, m live.MerchantID, from, until time.Time, each func(*live.Climber)) (store.LadderSums, error)
	LadderRules(ctx context.Context, m live.MerchantID) (live.LadderRules, error)
	SetLadderRules(ctx context.Context, r live.LadderRules) (live.LadderRules, error)
	LinkNames(ctx context.Context, m live.MerchantID, ids []live.Identifier, evidence string, by live.Actor) (live.PersonID, error)
	JoinPersons(ctx context.Context, m live.MerchantID, a, b live.PersonID, evidence string, by live.Actor) (live.PersonID, error)
	MergesPage(ctx context.Context, m live.MerchantID, after string, most int) ([]live.Merge, string, error)
	Unmerge(ctx context.Context, m live.MerchantID, n int64, reason string, by live.Actor) error
	ErasePerson(ctx context.Context, m live.MerchantID, name live.PersonID, reason string, by live.Actor) (store.Erasure, error)
	Erasures(ctx context.Context, m live.MerchantID, after string, most int) ([]store.Erasure, string, error)
}

// Referrals keeps who brought whom, by which rule, and what they earned.
type Referrals interface {
	ReferralRule(ctx context.Context, m live.MerchantID) (live.ReferralRule, error)
	SetReferralRule(ctx context.Context, r live.ReferralRule, by live.Actor) (live.ReferralRule, error)
	ShareLink(ctx context.Context, k live.ShareToken) (live.ShareToken, error)
	Link(ctx context.Context, m live.MerchantID, token string) (live.ShareToken, error)
	Bind(ctx context.Context, m live.MerchantID, token string, person live.PersonID) (live.Binding, error)
	Unbind(ctx context.Context, m live.MerchantID, person live.PersonID, reason string, by live.Actor) error
	Bindings(ctx context.Context, m live.MerchantID, p live.PersonID) ([]live.Binding, error)
	Referrals(ctx context.Context, m live.MerchantID, from, until time.Time) ([]live.ReferralTally, error)
	Commissions(ctx context.Context, f store.CommissionFilter) ([]live.Commission, string, error)
	CommissionTotals(ctx context.Context, f store.CommissionFilter) ([]live.CommissionTotal, error)
	WordOfMouth(ctx context.Context, m live.MerchantID, from, until time.Time) (live.WordOfMouth, error)
	ApplyPartner(ctx context.Context, m live.MerchantID, person live.PersonID, note string, by live.Principal) (store.Partner, error)
	MovePartner(ctx context.Context, m live.MerchantID, person live.PersonID, to live.PartnerState, reason string, by live.Principal) (store.Partner, error)
	Partners(ctx context.Context, f store.PartnerFilter) ([]store.Partner, string, error)
}

// Ledger keeps what happened to requests: the audit log and the answers to
// idempotent ones.
type Ledger interface {
	Audit(ctx context.Context, f store.AuditFilter) ([]store.AuditRow, string, error)
	AddAudit(ctx context.Context, r store.AuditRow) error
	BeginIdempotent(ctx context.Context, scope, key, requestHash string) (*store.Kept, error)
	FinishIdempotent(ctx context.Context, scope, key string, k store.Kept) error
	AbandonIdempotent(ctx context.Context, scope, key string) error
}

// Store is everything this package keeps; live/store is it.
type Store interface {
	Rooms
	Shows
	Orders
	Subscriptions
	Coupons
	Draws
	RedPackets
	Settlements
	People
	Referrals
	Ledger
}

// Ingest accepts facts; live/ingest is it.
type Ingest interface {
	// Ingest answers each event in the order given, once the accepted ones are
	// durable. Kinds that may not come in by the door are rejected.
	Ingest(ctx context.Context, door live.Origin, events []live.Event) ([]live.Receipt, error)
}

// Figures answers for the numbers of a show.
type Figures interface {
	Snapshot(ctx context.Context, s live.Show) (analytics.Snapshot, error)
	// Figures is what was counted about a show so far: at least the parts needed.
	Figures(ctx context.Context, s live.Show, need analytics.Part) (analytics.Figures, error)
	// Wall is every room of a merchant that is on air, in one frame.
	Wall(ctx context.Context, q wall.Question) (wall.Frame, error)
	// Audience is who is there by who they were before the show, as of now.
	Audience(ctx context.Context, s live.Show) (analytics.Audience, error)
	// Report writes the post-show report in a format of [ReportFormats]. The
	// same asOf gives the same bytes; the zero time means now.
	Report(ctx context.Context, s live.Show, format, lang string, asOf time.Time, w io.Writer) error
	// Compare puts shows side by side as of an instant; the zero time means now.
	Compare(ctx context.Context, shows []live.Show, asOf time.Time) (analytics.Comparison, error)
	ComparePeriods(ctx context.Context, period, against analytics.Period, asOf time.Time) (analytics.PeriodComparison, error)
	// Journeys are the paid orders of a show with the touches of their buyers
	// inside the window, as of asOf; the zero time means now.
	Journeys(ctx context.Context, s live.Show, asOf time.Time, window time.Duration) (Paths, error)
	// CreditPaths are the paid orders of a merchant in a span, what led to them and
	// what it cost.
	CreditPaths(ctx context.Context, s CreditSpan) (CreditPaths, error)
	Reconciliation(ctx context.Context, s live.Show) (analytics.Reconciliation, error)
	// Explain is Reconciliation with at most limit orders behind each difference.
	Explain(ctx context.Context, s live.Show, limit int) (analytics.Reconciliation, error)
	// ReconcileDays compares by calendar day in zone; from and until are firsts of
	// days. With a limit above zero it names at most so many orders behind each difference.
	ReconcileDays(ctx context.Context, axis analytics.DayAxis, m live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time, limit int) (analytics.DayReconciliation, error)
}

// Retention answers who comes back. Every question is as of an instant.
type Retention interface {
	// Settled waits a while until every fact received up to asOf can be counted;
	// false is that some still cannot.
	Settled(ctx context.Context, asOf time.Time) (bool, error)
	Cohorts(ctx context.Context, q conversion.CohortQuestion) (conversion.CohortTable, error)
	Rates(ctx context.Context, q conversion.RateQuestion) (conversion.Rates, error)
	Currencies(ctx context.Context, s conversion.Scope) ([]live.Currency, error)
	Segments(ctx context.Context, q conversion.BuyerQuestion) ([]conversion.SegmentSum, error)
	Scored(ctx context.Context, q conversion.BuyerQuestion, segment conversion.Segment, after live.PersonID, limit int) ([]conversion.Scored, error)
	Repeaters(ctx context.Context, q conversion.BuyerQuestion, limit int) ([]conversion.Repeater, error)
	Funnel(ctx context.Context, q conversion.FunnelQuestion) ([]conversion.FunnelStep, error)
	Assisted(ctx context.Context, q conversion.AssistQuestion) ([]conversion.AssistTotal, error)
}

// Plan keeps what merchants want of reports; analytics/plan is it.
type Plan interface {
	PutTargets(ctx context.Context, m live.MerchantID, list []analytics.Target, by live.Actor) error
	Targets(ctx context.Context, m live.MerchantID, at time.Time) ([]analytics.Target, error)
	AddSchedule(ctx context.Context, s plan.Schedule, by live.Actor) (plan.Schedule, error)
	Schedules(ctx context.Context, m live.MerchantID) ([]plan.Schedule, error)
	DropSchedule(ctx context.Context, m live.MerchantID, id string, by live.Actor) error
	Runs(ctx context.Context, m live.MerchantID, id string) ([]plan.Run, error)
}

// Guard decides on touches of people who did not ask; conversion/care/guard is it.
type Guard interface {
	Rules(ctx context.Context, m live.MerchantID) (guard.KeptRules, error)
	SetRules(ctx context.Context, m live.MerchantID, r guard.TouchRules, by live.Actor) (guard.KeptRules, error)
	Wishes(ctx context.Context, m live.MerchantID, p live.PersonID) (guard.Wishes, error)
	SetWishes(ctx context.Context, m live.MerchantID, w guard.Wishes) (guard.Wishes, error)
	Check(ctx context.Context, t guard.Touch, now time.Time) (guard.Touch, error)
	Send(ctx context.Context, t guard.Touch, plan bool) (guard.Touch, error)
	Settle(ctx context.Context, m live.MerchantID, id string, to guard.State, reason string, by live.Actor, mine string) (guard.Touch, error)
	Touches(ctx context.Context, f guard.TouchFilter) ([]guard.Touch, string, error)
	Tallies(ctx context.Context, m live.MerchantID, agent string, from, until time.Time) ([]guard.Tally, error)
	Pause(ctx context.Context, p guard.Pause, length time.Duration) (guard.Pause, error)
	Resume(ctx context.Context, m live.MerchantID, id string, by live.Actor) (guard.Pause, error)
	Pauses(ctx context.Context, m live.MerchantID, cursor string, most int) ([]guard.Pause, string, error)
	Paused(ctx context.Context, m live.MerchantID, people []live.PersonID, now time.Time) (map[live.PersonID]time.Time, error)
	Assign(ctx context.Context, f guard.Followup) (guard.Followup, error)
	End(ctx context.Context, m live.MerchantID, id, state, result string, by live.Actor, mine string) (guard.Followup, error)
	Followups(ctx context.Context, f guard.FollowupFilter) ([]guard.Followup, string, error)
}

// Groups keeps which groups there are and whose; [group.Registry] is it.
type Groups interface {
	Create(ctx context.Context, g group.Group, by live.Principal) (group.Group, error)
	Update(ctx context.Context, m live.MerchantID, id string, p group.Patch, by live.Principal) (group.Group, error)
	Group(ctx context.Context, m live.MerchantID, id string) (group.Group, []group.Owner, error)
	List(ctx context.Context, f group.Filter) ([]group.Group, string, error)
	All(ctx context.Context, f group.Filter) ([]group.Group, error)
	Reassign(ctx context.Context, m live.MerchantID, from string, to []string, reason string, by live.Principal) ([]group.Handed, error)
	TakeUp(ctx context.Context, a group.Action, by live.Principal) (group.Action, error)
	Actions(ctx context.Context, m live.MerchantID) (map[string]group.Action, error)
	Zone(ctx context.Context, m live.MerchantID) (*time.Location, error)
}

// GroupFigures counts what happens in groups, by the days of a zone.
type GroupFigures interface {
	GroupsThrough(ctx context.Context, m live.MerchantID, zone *time.Location) (time.Time, error)
	Stands(ctx context.Context, m live.MerchantID, zone *time.Location, today conversion.Day, list []group.Group) (map[string]group.Stand, error)
	MonthEnds(ctx context.Context, m live.MerchantID, zone *time.Location, today conversion.Day, list []group.Group) ([]group.MonthEnd, error)
	GroupDays(ctx context.Context, m live.MerchantID, zone *time.Location, id string, from, until conversion.Day) ([]group.Day, error)
	GroupReports(ctx context.Context, m live.MerchantID, id string) (map[conversion.Day]group.Reported, error)
	GroupWords(ctx context.Context, m live.MerchantID, zone *time.Location, from, until conversion.Day, ids []string) ([]group.Words, error)
	GroupSales(ctx context.Context, q group.SaleQuestion) ([]group.Sale, error)
}

// Care answers how service feels. Every question is as of an instant.
type Care interface {
	Temperatures(ctx context.Context, q temperature.Question) ([]temperature.Row, error)
	Silence(ctx context.Context, q temperature.SilenceQuestion) (temperature.Silence, error)
	Deeds(ctx context.Context, s conversion.Scope, person live.PersonID) ([]temperature.Deed, error)
}

// Tokens proves who is calling, and signs for those who become hosts.
type Tokens interface {
	Verify(token string) (live.Principal, error)
	Issue(p live.Principal, ttl time.Duration) (string, error)
}

// Tickets hands out single-use tickets for websocket URLs.
type Tickets interface {
	Issue(p live.Principal) (ticket string, expires time.Time, err error)
}

// Alerts keeps the rules of alerts and what they raised; analytics/alert is it.
type Alerts interface {
	Rules(ctx context.Context, m live.MerchantID) (alert.KeptRules, error)
	SetRules(ctx context.Context, m live.MerchantID, r alert.Rules, by live.Actor) (alert.KeptRules, error)
	OfShow(ctx context.Context, show live.ShowID, open bool) ([]alert.Alert, error)
	Acknowledge(ctx context.Context, m live.MerchantID, show live.ShowID, id string, by live.Actor) (alert.Alert, error)
}
