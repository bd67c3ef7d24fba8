package temperature

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"showrunner/live"
)

// Deed is a fact about one person, by whichever of their names.
type Deed struct {
	Kind live.Kind
	At   time.Time
	Role live.Role // of who stated it
	Num  int64     // of a heartbeat the visible milliseconds
	Data json.RawMessage
}

// DeedKinds are the facts that an exchange is made of.
var DeedKinds = slices.Concat(Answers, []live.Kind{
	live.TouchSent, live.FollowupDone, live.ValueGiven, live.ValueReceived, live.CouponRedeemed, live.CouponReturned, live.RedPacketClaimed, live.LuckyDrawWon,
	live.WatchHeartbeat,
})

// data are the facts with which a person tells something of themselves.
var data = []live.Kind{"lead_captured", "contact_added", live.ReviewPosted, live.ServiceRated, live.QuestionAsked}

// Worth is money of one currency; currencies are never converted.
type Worth struct {
	Currency live.Currency
	Minor    int64
}

// Exchange is what one person received and gave, as far as facts say it. What
// they bought is the order book's to tell.
type Exchange struct {
	// Received: human answers in sessions, benefits that were used or won, follow-ups
	// that were done, and other value given.
	Answers, Benefits, Care, Given int64
	Received                       []Worth // of benefits and other value, by currency
	// Gave: visible watch time, what they told of themselves, and other value they gave back.
	WatchedMS, Told, Back int64
	Gave                  []Worth
	// Touches are the proactive ones, Excess those whose answer hours passed without
	// an answer and that no order followed until now.
	Touches, Excess int64
	LastPaid        time.Time // zero: never
}

// ExchangeOf adds up the deeds of one person in the order of their times. A touch
// has so long to be answered; deeds are known until asOf.
func ExchangeOf(deeds []Deed, answer time.Duration, asOf time.Time) Exchange {
	var x Exchange
	var touches, answered []time.Time
	received, gave := map[live.Currency]int64{}, map[live.Currency]int64{}
	for i := range deeds {
		d := &deeds[i]
		var m struct {
			Said
			Amount   int64         `json:"amount_minor"`
			Discount int64         `json:"discount_minor"`
			Currency live.Currency `json:"currency"`
			Redeemed bool          `json:"redeemed"`
		}
		if len(d.Data) > 0 && json.Unmarshal(d.Data, &m) != nil {
			continue
		}
		e := live.Event{Kind: d.Kind, Person: "-", Data: d.Data}
		if AnswerOf(&e) {
			answered = append(answered, d.At)
		}
		if slices.Contains(data, d.Kind) {
			x.Told++
		}
		switch d.Kind {
		case live.TouchSent:
			if !m.Transactional {
				touches = append(touches, d.At)
			}
		case live.ServiceMessageSent:
			if m.By == "agent" || m.By == "" && d.Role == live.RoleAgent {
				x.Answers++
			}
		case live.FollowupDone:
			x.Care++
		case live.CouponRedeemed:
			x.Benefits++
			received[m.Currency] += m.Discount
		case live.CouponReturned:
			if m.Redeemed { // The order it was used for is no more.
				x.Benefits--
				received[m.Currency] -= m.Discount
			}
		case live.RedPacketClaimed:
			x.Benefits++
			received[m.Currency] += m.Amount
		case live.LuckyDrawWon:
			x.Benefits++
		case live.ValueGiven:
			x.Given++
			received[m.Currency] += m.Amount
		case live.ValueReceived:
			x.Back++
			gave[m.Currency] += m.Amount
		case live.WatchHeartbeat:
			x.WatchedMS += d.Num
		case live.OrderPaid:
			if d.At.After(x.LastPaid) {
				x.LastPaid = d.At
			}
		}
	}
	x.Touches = int64(len(touches))
	for _, t := range touches {
		in := slices.ContainsFunc(answered, func(a time.Time) bool { return a.After(t) && !a.After(t.Add(answer)) })
		if !in && !t.Add(answer).After(asOf) && !x.LastPaid.After(t) {
			x.Excess++
		}
	}
	x.Received, x.Gave = worth(received), worth(gave)
	return x
}

// worth is money by currency, without what is of none.
func worth(by map[live.Currency]int64) []Worth {
	var out []Worth
	for c, n := range by {
		if c != "" && n != 0 {
			out = append(out, Worth{c, n})
		}
	}
	slices.SortFunc(out, func(a, b Worth) int { return cmp.Compare(a.Currency, b.Currency) })
	return out
}
