package sim

import (
	"encoding/json"
	"math/rand/v2"
	"sort"
	"time"

	"showrunner/live"
)

// Config is what a script is made from. Equal configs give equal scripts.
type Config struct {
	Seed    uint64
	Viewers int // persons who enter the room, 1 to 100,000
	Minutes int // length of the show in its own time, 1 to 1,440
}

// Validate checks the bounds of the config.
func (c Config) Validate() error {
	if c.Viewers < 1 || c.Viewers > 100_000 {
		return live.Invalid("invalid_field", "viewers", "must be 1 to 100000")
	}
	if c.Minutes < 1 || c.Minutes > 1440 {
		return live.Invalid("invalid_field", "minutes", "must be 1 to 1440")
	}
	return nil
}

// Script is a whole show as a plan. Times are offsets from the start of the
// show in the show's own time; negative ones lie before it.
type Script struct {
	Config
	Length   time.Duration
	Currency live.Currency
	Shelf    []Offer // as it stands before the show; the crew adds the rest
	Late     []Offer // added while the show runs
	People   []Person
	Crew     []Cue
	Touches  []Touch
	Seen     []Impression
}

// Offer is one SKU as the crew offers it.
type Offer struct {
	Product live.ProductID
	SKU     live.SKUID
	Title   string
	Price   int64 // minor units
	Stock   int64 // units on sale at first
	Rank    int
	appeal  float64 // how much likelier than average a click is
}

// Person is one viewer with everything they will do.
type Person struct {
	Key      string // short, unique within the script
	Name     string
	Channel  string
	Campaign string // of paid channels, else empty
	Arrive   time.Duration
	Leave    time.Duration
	// Watches marks persons who stay to the end and check that they see every
	// public event once; they also lose their connection now and then.
	Watches bool
	Spams   bool
	Acts    []Act // ascending by time
}

// Act is one thing a person does. Exactly one of Fact, Buy and Rejoin is set.
type Act struct {
	Name   string // unique within the script; the seed of an event_id
	At     time.Duration
	Fact   live.Kind
	Data   Data
	Buy    *Purchase
	Rejoin bool // the connection breaks and comes back
}

// Data is the data of a fact as it travels.
type Data struct {
	Text         string         `json:"text,omitempty"`
	Count        int64          `json:"count,omitempty"`
	Product      live.ProductID `json:"product_id,omitempty"`
	SKU          live.SKUID     `json:"sku_id,omitempty"`
	Surface      string         `json:"surface,omitempty"`
	Qty          int64          `json:"qty,omitempty"`
	ShareChannel string         `json:"share_channel,omitempty"`
}

// Purchase is an order and what becomes of it. All delays run in show time.
type Purchase struct {
	// Lines hold SKU and Qty; of orders made in the shop also the money.
	Lines    []live.OrderLine
	Currency live.Currency
	// ByShop orders are made on the shop platform and told by webhook.
	ByShop bool

	PayAfter    time.Duration // 0: never paid
	Cancel      live.CancelType
	CancelAfter time.Duration // after the order if unpaid, else after the payment
	Refunds     []Refund

	Twice       bool // every webhook of the order is delivered twice
	RefundFirst bool // the refund is told before the payment
	PayFirst    bool // the payment is told before the creation; shop orders only
}

// Refund gives back a part of one line.
type Refund struct {
	Line     int           // index of the line
	After    time.Duration // after the payment
	Permille int64         // of the line's paid goods
	Shipping bool          // with the postage
	Reason   string
}

// Amounts is the refund of a line of which paid minor units were paid, postage
// among them. The two together never exceed what was paid, and two refunds of
// 400 permille, one of them with postage, do not either.
func (r Refund) Amounts(paid, postage int64) (goods, shipping int64) {
	if r.Shipping {
		if postage <= 0 {
			postage = 800 // the way back
		}
		shipping = min(postage, paid/5)
	}
	return (paid - shipping) * r.Permille / 1000, shipping
}

// Touch is a contact somebody had before the show.
type Touch struct {
	Name     string
	Person   int // index into People
	Kind     live.Kind
	Ago      time.Duration // before the start of the show, in real time
	Channel  string
	Campaign string
	Data     map[string]any
}

// Impression is the room shown to somebody in a feed. Person is an index into
// People, or -1 for a stranger who never enters, named by Stranger.
type Impression struct {
	Name     string
	At       time.Duration
	Person   int
	Stranger string
	Channel  string
}

// New invents a show.
func New(c Config) (*Script, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Script{Config: c, Length: time.Duration(c.Minutes) * time.Minute, Currency: "CNY"}
	s.stock()
	pins := s.pins()
	s.people(pins)
	for i := range s.People {
		s.behave(i, pins)
	}
	s.decide()
	s.direct(pins)
	s.chain()
	return s, nil
}

// dice is a stream of chance for one purpose: each has its own, so that a
// change in one part of the script leaves the others as they were.
func (s *Script) dice(purpose, index uint64) dice {
	return dice{rand.New(rand.NewPCG(s.Seed, purpose<<40|index))}
}

// Purposes of dice.
const (
	forCrowd uint64 = iota + 1
	forPerson
	forFate
	forTouch
	forCrew
)

type dice struct{ *rand.Rand }

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// between is an even draw from [a, b).
func (d dice) between(a, b time.Duration) time.Duration {
	if b <= a {
		return a
	}
	return a + time.Duration(d.Int64N(int64(b-a)))
}

func pick[T any](d dice, of []T) T { return of[d.IntN(len(of))] }

// table draws indices in proportion to weights.
type table []float64 // running sums

func tableOf(weights []float64) table {
	t := make(table, len(weights))
	var sum float64
	for i, w := range weights {
		sum += w
		t[i] = sum
	}
	return t
}

func (d dice) weighted(t table) int {
	return min(sort.SearchFloat64s(t, d.Float64()*t[len(t)-1]), len(t)-1)
}

// JSON is the data as it travels.
func (d Data) JSON() json.RawMessage {
	raw, err := json.Marshal(d)
	if err != nil {
		panic("BUG: strings and integers cannot fail to encode: " + err.Error())
	}
	return raw
}
