package live

import (
	"slices"
	"time"
)

// Role is what a token lets its bearer do.
type Role string

// The roles. RoleSystem is Showrunner itself and never stands in a token.
const (
	RoleAdmin       Role = "admin"
	RoleMerchant    Role = "merchant"
	RoleOperator    Role = "operator"
	RoleHost        Role = "host"
	RoleModerator   Role = "moderator"
	RoleAgent       Role = "agent"
	RoleTrainee     Role = "trainee" // becomes a host: sees a panel, gives commands in rehearsals alone
	RoleAnalyst     Role = "analyst"
	RoleAuditor     Role = "auditor"
	RoleViewer      Role = "viewer"
	RoleIntegration Role = "integration"
	RoleSystem      Role = "system"
)

// Roles lists what a token may carry.
var Roles = []Role{
	RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator,
	RoleAgent, RoleTrainee, RoleAnalyst, RoleAuditor, RoleViewer, RoleIntegration,
}

// Valid reports whether a token may carry r.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Rehearses reports whether the role acts in rehearsals alone: in a real show it
// watches, and the only fact it states is that it does.
func (r Role) Rehearses() bool { return r == RoleTrainee }

// Action is one thing a caller may want to do. A command of the panel is the
// action "command." + its name.
type Action string

// Actions outside the command table.
const (
	ActRoomWrite        Action = "room.write"
	ActRoomRead         Action = "room.read"
	ActShowWrite        Action = "show.write"
	ActShowRead         Action = "show.read"
	ActShelfWrite       Action = "shelf.write"
	ActShelfRead        Action = "shelf.read"
	ActWatch            Action = "room.watch"   // open the room's websocket
	ActPanel            Action = "room.panel"   // with snapshot and prompt frames
	ActFact             Action = "fact.state"   // state viewer facts on the websocket
	ActEvents           Action = "events.write" // POST /v1/events
	ActOrderPlace       Action = "order.place"
	ActOrderRead        Action = "order.read" // any order of the merchant; a buyer always reads their own
	ActIntegrationWrite Action = "integration.write"
	ActFigures          Action = "figures.read" // snapshot, timeline, funnel, products without money
	ActMoney            Action = "money.read"   // money in any of them
	ActReport           Action = "report.read"
	ActReportPlan       Action = "report.plan" // what is wanted of reports: targets, and who is sent them
	ActReconcile        Action = "reconciliation.read"
	ActSettlement       Action = "settlement.write"
	ActAudit            Action = "audit.read"
	ActTicket           Action = "ticket.write"
	ActImport           Action = "history.import" // orders and events from elsewhere, up to MaxHistoryAge old

	ActBenefit     Action = "benefit.take" // claim coupons, red packets, and enter draws
	ActCouponWrite Action = "coupon.write"
	ActCouponRead  Action = "coupon.read" // batches; a viewer always reads their own coupons

	ActLimitWrite    Action = "benefit_limits.write" // how much may be given away, by others than the owner
	ActPeopleRead    Action = "people.read"          // who somebody is, and their way
	ActPeopleWrite   Action = "people.write"         // who is who
	ActIdentityRead  Action = "identity.read"        // the log of who is who, over everybody
	ActPeopleErase   Action = "people.erase"         // forget a person for good
	ActLadderRead    Action = "ladder.read"          // how people stand and move
	ActLadderWrite   Action = "ladder.write"         // by which rules
	ActReferralRead  Action = "referral.read"        // who brought whom, and what they earned
	ActReferralWrite Action = "referral.write"       // by which rule, and who is a partner
	ActShare         Action = "referral.share"       // have a link, follow one, apply as a partner

	ActAlertRules Action = "alerts.rules"       // what raises an alert
	ActAlertAck   Action = "alerts.acknowledge" // say that one has taken it up

	ActGroupRead   Action = "groups.read"   // groups and their figures; an agent's own only
	ActGroupWrite  Action = "groups.write"  // which groups there are, and who joined them elsewhere
	ActGroupAssign Action = "groups.assign" // whose a group is
	ActGroupAlarm  Action = "groups.alarm"  // take an alarm up; an agent of their own groups

	ActServiceAsk   Action = "service.ask"   // open a session, say something in it, rate it
	ActServe        Action = "service.serve" // take sessions: any staff may, of what is theirs
	ActServiceRead  Action = "service.read"  // entries and figures of service
	ActServiceWrite Action = "service.write" // entries, answers, agents and rules; every session
	ActScorecard    Action = "service.score" // how agents serve; an agent their own only

	ActTouchSend  Action = "touch.send"        // ask to touch people, and say what became of it
	ActTouchRead  Action = "touch.read"        // what was sent and kept back, temperatures and what to do; an agent's own only
	ActTouchRules Action = "touch.rules"       // by which rules
	ActTouchPause Action = "touch.pause"       // keep touches back for a while, assign follow-ups
	ActContact    Action = "preferences.write" // how somebody wants to be touched; a viewer their own only

	ActComplaintRead  Action = "complaint.read"  // of agents: those they look after
	ActComplaintWrite Action = "complaint.write" // open them and deal with them; likewise
	ActFeedbackRead   Action = "feedback.read"   // what complaints teach, over the whole merchant
	ActFeedbackWrite  Action = "feedback.write"  // findings: who decides on them, and what was decided
	ActBriefRead      Action = "brief.read"
	ActBriefWrite     Action = "brief.write"
	ActBriefAck       Action = "brief.acknowledge" // that one has read it
	ActNeedRead       Action = "need.read"         // of agents: what they or nobody has taken
	ActNeedWrite      Action = "need.write"
	ActNeedShip       Action = "need.ship" // make an entry of it, and retire it

	ActIncubationRead  Action = "incubation.read"  // who becomes a host, and what is missing; candidates their own only, hosts whom they coach too
	ActIncubationWrite Action = "incubation.write" // skills, tracks, candidates and promotions
	ActIncubationCoach Action = "incubation.coach" // judge drills, prove skills, write of shadow shows; hosts of whom they coach
	ActIncubationAsk   Action = "incubation.ask"   // ask for a promotion and for the token of a stage; candidates their own only

	ActSubscriptionWrite Action = "subscription.write" // who is sent signed webhooks, and what again
	ActSubscriptionRead  Action = "subscription.read"  // the same and how it went, without secrets
)

// trained is staff, and who learns to be a host.
var trained = append([]Role{RoleTrainee}, staff...)

var staff = []Role{
	RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleAgent, RoleAnalyst, RoleAuditor,
}

// Rights is the one table of who may do what.
var Rights = map[Action][]Role{
	ActRoomWrite:        {RoleAdmin, RoleMerchant, RoleOperator},
	ActRoomRead:         append([]Role{RoleIntegration}, trained...),
	ActShowWrite:        {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	ActShowRead:         append([]Role{RoleIntegration}, trained...),
	ActShelfWrite:       {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	ActShelfRead:        append([]Role{RoleIntegration, RoleViewer}, trained...),
	ActWatch:            append([]Role{RoleViewer}, trained...),
	ActPanel:            trained,
	ActFact:             append([]Role{RoleViewer}, trained...),
	ActEvents:           {RoleAdmin, RoleIntegration, RoleAgent, RoleOperator},
	ActOrderPlace:       {RoleViewer},
	ActOrderRead:        {RoleAdmin, RoleMerchant, RoleOperator, RoleAnalyst, RoleAuditor}, // an agent reads those of their people beside a session
	ActIntegrationWrite: {RoleAdmin, RoleMerchant},
	ActFigures:          {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleAgent, RoleTrainee, RoleAnalyst, RoleAuditor},
	ActMoney:            {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleAnalyst, RoleAuditor},
	ActReport:           {RoleAdmin, RoleMerchant, RoleOperator, RoleAnalyst, RoleAuditor},
	ActReportPlan:       {RoleAdmin, RoleMerchant},
	ActReconcile:        {RoleAdmin, RoleMerchant, RoleOperator, RoleAnalyst, RoleAuditor},
	ActSettlement:       {RoleAdmin, RoleMerchant, RoleOperator},
	ActAudit:            {RoleAdmin, RoleMerchant, RoleAuditor},
	ActImport:           {RoleAdmin, RoleMerchant, RoleIntegration},
	ActTicket:           append([]Role{RoleViewer}, trained...),

	ActBenefit:     {RoleViewer},
	ActCouponWrite: {RoleAdmin, RoleMerchant, RoleOperator},
	ActCouponRead:  {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleAgent, RoleAnalyst, RoleAuditor},

	ActLimitWrite:    {RoleAdmin, RoleMerchant},
	ActPeopleRead:    {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleAnalyst, RoleAuditor},
	ActPeopleWrite:   {RoleAdmin, RoleMerchant, RoleOperator},
	ActIdentityRead:  {RoleAdmin, RoleMerchant, RoleOperator, RoleAnalyst, RoleAuditor},
	ActPeopleErase:   {RoleAdmin, RoleMerchant},
	ActLadderRead:    {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleAnalyst, RoleAuditor},
	ActLadderWrite:   {RoleAdmin, RoleMerchant},
	ActReferralRead:  {RoleAdmin, RoleMerchant, RoleOperator, RoleAnalyst, RoleAuditor},
	ActReferralWrite: {RoleAdmin, RoleMerchant, RoleOperator},
	ActShare:         {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleIntegration, RoleViewer},

	ActAlertRules: {RoleAdmin, RoleMerchant, RoleOperator},
	ActAlertAck:   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},

	ActGroupRead:   {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleAnalyst, RoleAuditor},
	ActGroupWrite:  {RoleAdmin, RoleMerchant, RoleOperator, RoleIntegration},
	ActGroupAssign: {RoleAdmin, RoleMerchant, RoleOperator},
	ActGroupAlarm:  {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent},

	ActServiceAsk:   {RoleAdmin, RoleIntegration, RoleViewer},
	ActServe:        {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleAgent},
	ActServiceRead:  append([]Role{RoleIntegration}, staff...),
	ActServiceWrite: {RoleAdmin, RoleMerchant, RoleOperator},
	ActScorecard:    {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent},

	ActTouchSend:  {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleIntegration},
	ActTouchRead:  {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleAnalyst, RoleAuditor},
	ActTouchRules: {RoleAdmin, RoleMerchant},
	ActTouchPause: {RoleAdmin, RoleMerchant, RoleOperator},
	ActContact:    {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleIntegration, RoleViewer},

	ActComplaintRead:  {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleAnalyst, RoleAuditor},
	ActComplaintWrite: {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent},
	ActFeedbackRead:   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleAnalyst, RoleAuditor},
	ActFeedbackWrite:  {RoleAdmin, RoleMerchant, RoleOperator},
	ActBriefRead:      trained,
	ActBriefWrite:     {RoleAdmin, RoleMerchant, RoleOperator},
	ActBriefAck:       {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleAgent},
	ActNeedRead:       {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent, RoleAnalyst, RoleAuditor},
	ActNeedWrite:      {RoleAdmin, RoleMerchant, RoleOperator, RoleAgent},
	ActNeedShip:       {RoleAdmin, RoleMerchant, RoleOperator},

	ActIncubationRead:  {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleAgent, RoleTrainee, RoleAnalyst, RoleAuditor},
	ActIncubationWrite: {RoleAdmin, RoleMerchant, RoleOperator},
	ActIncubationCoach: {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	ActIncubationAsk:   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleAgent, RoleTrainee},

	ActSubscriptionWrite: {RoleAdmin, RoleMerchant},
	ActSubscriptionRead:  {RoleAdmin, RoleMerchant, RoleOperator, RoleAuditor},

	"command.start_show":        {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.pause_show":        {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleTrainee},
	"command.resume_show":       {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleTrainee},
	"command.end_show":          {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleTrainee},
	"command.pin_product":       {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},
	"command.unpin_product":     {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},
	"command.add_product":       {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.remove_product":    {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.set_price":         {RoleAdmin, RoleMerchant, RoleOperator},
	"command.release_stock":     {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleTrainee},
	"command.hold_stock":        {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleTrainee},
	"command.start_flash_sale":  {RoleAdmin, RoleMerchant, RoleOperator},
	"command.end_flash_sale":    {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.drop_coupon":       {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.stop_coupon":       {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.drop_red_packet":   {RoleAdmin, RoleMerchant, RoleOperator},
	"command.open_lucky_draw":   {RoleAdmin, RoleMerchant, RoleOperator},
	"command.draw":              {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.cancel_lucky_draw": {RoleAdmin, RoleMerchant, RoleOperator},
	"command.announce":          {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.hide_comment":      {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},
	"command.mute_viewer":       {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.send_prompt":       {RoleAdmin, RoleMerchant, RoleOperator},

	"command.rehearse":      {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.handover_host": {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.start_explain": {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},
	"command.end_explain":   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},
	"command.sort_products": {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},

	"command.pin_comment":     {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},
	"command.unpin_comment":   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},
	"command.restore_comment": {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator, RoleTrainee},
	"command.unmute_viewer":   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.kick_viewer":     {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.block_viewer":    {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.unblock_viewer":  {RoleAdmin, RoleMerchant, RoleOperator}, // for the whole merchant, against a moderator's word
	"command.mute_all":        {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.comments_off":    {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.set_slow_mode":   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.followers_only":  {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.block_keyword":   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.unblock_keyword": {RoleAdmin, RoleMerchant, RoleOperator, RoleHost, RoleModerator},
	"command.set_autoreply":   {RoleAdmin, RoleMerchant, RoleOperator, RoleHost},
	"command.flag_bot":        {RoleAdmin, RoleMerchant, RoleOperator}, // it changes what a show is said to have reached
	"command.unflag_bot":      {RoleAdmin, RoleMerchant, RoleOperator},
}

// Principal is who is calling, as their token proved it.
type Principal struct {
	Subject  string
	Name     string
	Role     Role
	Merchant MerchantID // empty only for RoleAdmin: every merchant
	Rooms    []RoomID   // nil: every room of the merchant
	Expires  time.Time  // when the proof ends; zero: never
}

// May reports whether the principal's role has the right.
func (p Principal) May(a Action) bool { return slices.Contains(Rights[a], p.Role) }

// Sees reports whether the principal's scope reaches the room of a merchant.
func (p Principal) Sees(m MerchantID, r RoomID) bool {
	if !p.SeesMerchant(m) {
		return false
	}
	return p.Rooms == nil || slices.Contains(p.Rooms, r)
}

// SeesMerchant reports whether the principal belongs to the merchant.
func (p Principal) SeesMerchant(m MerchantID) bool {
	return p.Merchant == m || p.Merchant == "" && p.Role == RoleAdmin
}

// Actor is the principal as the actor of an event.
func (p Principal) Actor() Actor { return Actor{ID: p.Subject, Name: p.Name, Role: p.Role} }
