package live

import (
	"cmp"
	"slices"
	"time"
)

// Rung is how far a person has come with a merchant: 路人, 粉丝, 客户, 会员, 合伙人.
type Rung string

// The rungs, from below. RungNone is somebody of whom a name is known and
// nothing else.
const (
	RungNone     Rung = ""
	RungPasserby Rung = "passerby"
	RungFan      Rung = "fan"
	RungCustomer Rung = "customer"
	RungMember   Rung = "member"
	RungPartner  Rung = "partner"
)

// Rungs lists the ladder from below.
var Rungs = []Rung{RungPasserby, RungFan, RungCustomer, RungMember, RungPartner}

// Level is how high a rung is: 1 for passerby to 5 for partner, 0 for none.
func (r Rung) Level() int { return slices.Index(Rungs, r) + 1 }

// TouchClass is what sort of help a touch was on the way up.
type TouchClass string

// Classes of touches.
const (
	TouchService  TouchClass = "service"  // somebody served them
	TouchShow     TouchClass = "show"     // they came to a show
	TouchOffer    TouchClass = "offer"    // a coupon, a red packet, a draw
	TouchReferral TouchClass = "referral" // another person brought them
	TouchGroup    TouchClass = "group"    // they were among others of the merchant's
)

// PersonFact is the first of all facts of one kind about one thing, as far as
// the ladder cares: the first time somebody came to a show, joined a group,
// claimed from a batch of coupons. What happened again adds nothing, so a person
// has few of them.
type PersonFact struct {
	Merchant MerchantID
	Person   PersonID // as the fact named them, before anything was merged
	Kind     Kind
	Ref      string // what it is about; with the kind it makes the fact one
	At       time.Time
	Event    EventID
	Show     ShowID // empty: outside a show
	Channel  string // empty: not a touch
	Stage    Stage  // of the touch
	Class    TouchClass
	Agent    string   // whom the person met, if the fact says so
	ByAgent  bool     // that agent states it
	Referrer PersonID // who sent them, if the fact says so
	Scene    string   // how they joined, if the fact says so
}

// Before is the one order of facts: by time, then by the name of the event.
func (f *PersonFact) Before(g *PersonFact) bool {
	return cmp.Or(f.At.Compare(g.At), cmp.Compare(f.Event, g.Event)) < 0
}

// OrderStep is an order becoming valid or ceasing to be: valid is paid, and
// neither cancelled nor refunded in full.
type OrderStep struct {
	At    time.Time
	Valid bool
	Kind  Kind    // of the fact that did it
	Fact  string  // its name within the order and kind
	Event EventID // the event that tells it
}

// PersonOrder is an order as the ladder sees it.
type PersonOrder struct {
	Order OrderID
	Show  ShowID
	Zone  string // IANA name of the show's time zone; empty: in no show
	Steps []OrderStep
}

// validityKinds are the facts that can make an order valid or invalid.
var validityKinds = []Kind{
	OrderCreated, OrderPriceChanged, ExchangeCreated, OrderPaid, DepositPaid, BalancePaid, OrderReceived, OrderCompleted,
	RefundSucceeded, OrderCancelled,
}

// MovesValidity reports whether facts of the kind can make an order valid or
// invalid.
func (k Kind) MovesValidity() bool { return slices.Contains(validityKinds, k) }

// OrderSteps dates when an order was valid, by the times of its facts and not
// by their arrival: it is a function of the set. Event is left to the caller.
func OrderSteps(m MerchantID, id OrderID, facts []OrderFact) []OrderStep {
	set := slices.DeleteFunc(slices.Clone(facts), func(f OrderFact) bool { return !f.Kind.MovesValidity() })
	slices.SortStableFunc(set, func(a, b OrderFact) int { return cmp.Or(a.At.Compare(b.At), CompareFacts(a, b)) })
	var steps []OrderStep
	valid := false
	for i := range set {
		if i+1 < len(set) && set[i+1].At.Equal(set[i].At) {
			continue // The facts of one instant are judged together, by the last of them.
		}
		o := FoldOrder(m, id, set[:i+1])
		now := o.State == OrderStatePaid || o.State == OrderPartRefunded
		if now == valid {
			continue
		}
		valid = now
		steps = append(steps, OrderStep{At: set[i].At, Valid: now, Kind: set[i].Kind, Fact: set[i].ID})
	}
	return steps
}

// PersonRecord is everything the ladder knows of one person under all their
// names. The order within is nothing.
type PersonRecord struct {
	Merchant MerchantID
	Facts    []PersonFact
	Orders   []PersonOrder
}

// FirstFacts keeps the first of the facts of a person of each kind about each
// thing, under whatever names, ascending. The facts given are not changed.
func FirstFacts(all []PersonFact) []PersonFact {
	facts := slices.Clone(all)
	slices.SortFunc(facts, func(a, b PersonFact) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Person, b.Person))
	})
	type name struct {
		kind Kind
		ref  string
	}
	seen := map[name]bool{}
	return slices.DeleteFunc(facts, func(f PersonFact) bool {
		n := name{f.Kind, f.Ref}
		again := seen[n]
		seen[n] = true
		return again
	})
}

// LadderTouch is a touch that came before a move.
type LadderTouch struct {
	Class    TouchClass
	Kind     Kind
	Ref      string
	At       time.Time
	Event    EventID
	Show     ShowID
	Channel  string
	Agent    string
	Referrer PersonID
}

// LadderMove is one step on the ladder, up or down, with what caused it.
type LadderMove struct {
	From, To Rung
	At       time.Time
	Cause    EventID // the event that made the rule hold, or no longer hold
	Kind     Kind    // of the cause
	Ref      string  // the order, or what the cause is about
	Show     ShowID  // in which it happened
	Rule     int64   // version of the rules it was judged by
	// Touches are the last touch of each class before the move, latest first;
	// the first of them is the last touch of all.
	Touches []LadderTouch
}

// Up reports whether the move leads up.
func (m *LadderMove) Up() bool { return m.To.Level() > m.From.Level() }

// Same reports whether two moves are one, whatever was learned of the touches
// before it and whichever version of the rules said it.
func (m *LadderMove) Same(o *LadderMove) bool {
	return m.From == o.From && m.To == o.To && m.At.Equal(o.At) && m.Cause == o.Cause
}

// Standing is where a person stands on the ladder and how they came there.
type Standing struct {
	Rung      Rung
	Since     time.Time // of the last move; zero: none
	Rule      int64
	Moves     []LadderMove // ascending by time
	FirstAt   time.Time    // of the first fact
	Channel   string       // of the first touch
	Show      ShowID       // the first they came to
	Agent     string       // the first they met
	Incentive bool         // they became a fan by an incentive, and nobody served them before
	// Reached is when they first stood on a rung or above it, by Level-1; zero:
	// never so far.
	Reached [5]time.Time
}

// LadderRules is one version of a merchant's rules as they were written. Version
// 0 without a text are the rules of who has set none.
type LadderRules struct {
	Merchant MerchantID
	Version  int64
	Text     string
	By       Actor
	SetAt    time.Time
}

// Helped names what helped a move: the class of the last touch, the show it
// happened in or, failing that, the last one they had come to, and the last who
// had served them. What there was none of is empty.
func (m *LadderMove) Helped() (class TouchClass, show ShowID, agent string) {
	show = m.Show
	for i := range m.Touches {
		t := &m.Touches[i]
		if i == 0 {
			class = t.Class
		}
		if t.Class == TouchShow && show == "" {
			show = t.Show
		}
		if agent == "" {
			agent = t.Agent
		}
	}
	return class, show, agent
}

// Climber is one person as figures about many count them.
type Climber struct {
	Rung      Rung
	Channel   string
	Show      ShowID
	Agent     string
	Incentive bool
	Reached   [5]time.Time // see [Standing]
}
