package analytics

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// Fold adds up the facts of one show one by one, in the order of the log, and
// keeps exact sets of persons; it is the fast one of the two ways to [Figures].
// Facts may come long after the end: a refund three days later is one more Add.
//
// A fold expects every fact once; removing duplicates is the business of what
// feeds it. It is not safe for concurrent use. Memory is some 110 bytes a
// person and their name, from the second kind of thing they did within a minute
// on 24 for each, and one bit a person for each product they saw.
type Fold struct {
	show live.Show

	roster  live.Roster
	persons []*[personChunk]person // by number in the roster
	active  []int32                // persons who may be online, for OnlineNow

	traffic  Traffic           // published: without bots
	raw      Traffic           // with them
	bots     int64             // persons who are flagged
	minutes  map[int64]*minute // by unix minute
	products map[live.ProductID]*product
	shelf    []*product // the same in the order they were first named
	sources  map[string]*source
	unknown  *source
	commands []Mark
	alerts   []Alert
	book     book
	benefits Benefits
	gifts    map[live.Currency]*BenefitMoney
	flows    map[[2]live.Rung]int64 // by from and to
	earned   map[earnedKey]*earned
	dropped  Dropped
	beats    []beat // of late, see recut
	said     comments
	streaks  map[uint64]struct{} // of gifts that are over
	shifts   map[string]*shift
	on       string // the shift that lasts, or empty
	credited map[live.Currency]live.ShowCredit
}

// minute gathers one minute.
type minute struct {
	Minute
	everybody int64 // Online with bots
	money     map[live.Currency]*MinuteMoney
}

// product gathers one product.
type product struct {
	Product
	index            int32  // in Fold.shelf
	exposed, clicked bitset // of person index, bots too
	explaining       explaining
	titles           live.ProductTitles
	money            map[live.Currency]*ProductMoney
}

// source gathers one channel of arrival.
type source struct {
	channel   string
	views, uv int64
	buyers    int64
	money     map[live.Currency]*SourceMoney
}

// NewFold starts the fold of a show from nothing.
func NewFold(show live.Show) *Fold {
	f := &Fold{
		show: show, minutes: map[int64]*minute{},
		products: map[live.ProductID]*product{}, sources: map[string]*source{}, book: newBook(),
		said: comments{named: map[uint64]int32{}, words: map[uint64]bool{}}, streaks: map[uint64]struct{}{}, shifts: map[string]*shift{}, gifts: map[live.Currency]*BenefitMoney{},
	}
	f.unknown = f.source(ChannelUnknown)
	return f
}

// Show is the show as the fold knows it.
func (f *Fold) Show() live.Show { return f.show }

// SetShow tells the fold what became of the show: its title, state, start and
// end. What was counted does not change, but for watch time beyond the end.
func (f *Fold) SetShow(show live.Show) {
	f.show = show
	f.recut()
}

// Add counts one fact. Facts of other shows and of rehearsals change nothing.
// The error says that an order event could not be read; nothing of it is
// counted then.
func (f *Fold) Add(entry live.Entry) error {
	e := &entry.Event
	if e.Merchant != f.show.Merchant {
		// A merchant may say anything of its own orders, also that they belong to
		// somebody else's show.
		return nil
	}
	if e.Show == f.show.ID {
		f.addState(e)
		f.addDropped(e) // Of a rehearsal, too.
	}
	if e.Rehearsal || f.show.Rehearsal {
		return nil
	}
	if live.OrderFactKind(e.Kind) {
		deltas, err := live.DecodeDeltas(e.Data)
		if err != nil {
			return fmt.Errorf("fold order event %s: %w", e.ID, err)
		}
		for i := range deltas {
			if deltas[i].Show == f.show.ID {
				f.addDelta(&deltas[i], e.ReceivedAt)
			}
		}
		return nil
	}
	if e.Show != f.show.ID {
		return nil
	}
	if live.CreditKind(e.Kind) {
		if err := f.addCredit(e); err != nil {
			return fmt.Errorf("fold credit event %s: %w", e.ID, err)
		}
		return nil
	}
	f.addMark(e)
	f.addTitle(e)
	f.addBenefit(e)
	f.addExplain(e)
	switch e.Kind {
	case live.AlertRaised, live.AlertCleared, live.AlertAcknowledged:
		f.alerts = AddAlert(f.alerts, e.Kind, e.Data, e.Actor.ID, e.ReceivedAt)
	case live.ComplaintOpened:
		f.minuteOf(e.ReceivedAt).Complaints++
	case live.ServiceSLABreached:
		f.minuteOf(e.ReceivedAt).Breaches++
	case live.BotFlagged, live.BotUnflagged:
		f.addFlag(e)
	case live.HostShiftStarted, live.HostShiftEnded:
		f.addShift(e)
	case live.LadderChanged, live.CommissionAccrued, live.CommissionReversed:
		f.addCaused(e)
	default:
		f.addModeration(e)
	}
	if e.Counts() {
		f.addBehaviour(e)
	}
	return nil
}

// addState follows the show itself, as far as nobody has told more.
func (f *Fold) addState(e *live.Event) {
	switch e.Kind {
	case live.ShowStarted:
		f.show.State = live.ShowStateLive
		if f.show.StartedAt.IsZero() {
			f.show.StartedAt = e.OccurredAt
			f.recut()
		}
	case live.ShowPaused:
		f.show.State = live.ShowStatePaused
	case live.ShowResumed:
		f.show.State = live.ShowStateLive
	case live.ShowEnded:
		f.show.State = live.ShowStateEnded
		if f.show.EndedAt.IsZero() {
			f.show.EndedAt = e.OccurredAt
			f.recut()
		}
	}
}

// fields are the members of data that figures look at. What cannot be read is
// as good as absent: accepted facts were checked on their way in.
type fields struct {
	Product live.ProductID `json:"product_id"`
	SKU     live.SKUID     `json:"sku_id"`
	Title   string         `json:"title"`
	Prize   string         `json:"prize"`
	Text    string         `json:"text"`
	Count   int64          `json:"count"`
	Visible bool           `json:"visible"`
	Watched int64          `json:"watched_ms"`
	Stated  int64          `json:"stated_ms"` // what a producer said, if watched_ms is a part of it

	Comment   string `json:"comment_id"`
	Streak    string `json:"streak_id"`
	StreakEnd bool   `json:"streak_end"`
	Value     int64  `json:"value_minor"`
	Shift     string `json:"shift_id"`
	Host      string `json:"host_id"`
}

func read(data json.RawMessage) (d fields) {
	if len(data) == 0 || json.Unmarshal(data, &d) != nil {
		return fields{}
	}
	return d
}

// minuteOf finds the minute a fact belongs to, by the server's clock.
func (f *Fold) minuteOf(at time.Time) *minute {
	return f.minute(unixMinute(at))
}

func (f *Fold) minute(key int64) *minute {
	m := f.minutes[key]
	if m == nil {
		m = &minute{Minute: Minute{T: time.Unix(key*60, 0).UTC()}, money: map[live.Currency]*MinuteMoney{}}
		f.minutes[key] = m
	}
	return m
}

// unixMinute floors, also before 1970.
func unixMinute(at time.Time) int64 { return at.Truncate(time.Minute).Unix() / 60 }

func (f *Fold) product(id live.ProductID) *product {
	p := f.products[id]
	if p == nil {
		p = &product{Product: Product{Product: id}, index: int32(len(f.shelf)), money: map[live.Currency]*ProductMoney{}}
		f.products[id] = p
		f.shelf = append(f.shelf, p)
	}
	return p
}

func (f *Fold) source(channel string) *source {
	s := f.sources[channel]
	if s == nil {
		s = &source{channel: channel, money: map[live.Currency]*SourceMoney{}}
		f.sources[channel] = s
	}
	return s
}

func (s *source) cash(c live.Currency) *SourceMoney {
	m := s.money[c]
	if m == nil {
		m = &SourceMoney{Currency: c}
		s.money[c] = m
	}
	return m
}

// addMark notes a command of the host on the time axis.
func (f *Fold) addMark(e *live.Event) {
	if !IsMark(e.Kind) {
		return
	}
	d := read(e.Data)
	m := Mark{At: e.ReceivedAt, Kind: e.Kind, Product: d.Product, Actor: e.Actor.ID, Role: e.Actor.Role}
	switch {
	case e.Kind == live.AnnouncementPublished:
		m.Text = d.Text
	case slices.Contains(MarkTitles, e.Kind):
		m.Text = d.Title
	case slices.Contains(MarkPrizes, e.Kind):
		m.Text = d.Prize
	}
	f.commands = append(f.commands, m)
	if e.Kind == live.ProductPinned && d.Product != "" {
		f.product(d.Product).Pins++
	}
}

// addTitle learns what a product is called, by the titles of its SKUs.
func (f *Fold) addTitle(e *live.Event) {
	if e.Kind != live.ProductListed && e.Kind != live.ProductPinned {
		return
	}
	if d := read(e.Data); d.Product != "" && d.Title != "" {
		p := f.product(d.Product)
		p.titles.Add(d.SKU, d.Title)
		p.Title = p.titles.Title()
	}
}
