package clickhouse

import (
	"encoding/json"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// block is the rows of one insert, by column. It is built once and sent as
// often as it takes.
type block struct {
	table string
	rows  int
	names []string
	data  []any // slices of one element per row
}

// eventColumns gathers rows of events.
type eventColumns struct {
	merchant, show, room, kind, person, actor, role, source, id []string
	channel, campaign, stage, touchChannel, product, sku        []string
	body, props                                                 []string
	touched                                                     touchColumns
	ts, occurred                                                []time.Time
	rehearsal, touch                                            []uint8
	num, skew                                                   []int64
	seq                                                         []uint64
	idx                                                         []uint32
}

// facts are the members of data that get a column of their own. What cannot be
// read is as good as absent: accepted facts were checked on their way in.
type facts struct {
	Product live.ProductID `json:"product_id"`
	SKU     live.SKUID     `json:"sku_id"`
	Title   string         `json:"title"`
	Text    string         `json:"text"`
	Count   int64          `json:"count"`
	Qty     int64          `json:"qty"`
	Visible bool           `json:"visible"`
	Watched int64          `json:"watched_ms"`

	Streak    string `json:"streak_id"`
	StreakEnd bool   `json:"streak_end"`
}

// add makes the row of an event. It must be a function of the entry and the rules
// alone: no clock, no chance, no order of a map.
func (c *eventColumns) add(entry live.Entry, rules *conversion.RuleSet) {
	e := &entry.Event
	var d facts
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &d) != nil {
		d = facts{}
	}
	c.merchant = append(c.merchant, string(e.Merchant))
	c.show = append(c.show, string(e.Show))
	c.room = append(c.room, string(e.Room))
	c.kind = append(c.kind, string(e.Kind))
	c.ts = append(c.ts, e.ReceivedAt.UTC())
	occurred := e.OccurredAt
	if occurred.IsZero() {
		occurred = e.ReceivedAt
	}
	c.occurred = append(c.occurred, occurred.UTC())
	c.skew = append(c.skew, occurred.Sub(e.ReceivedAt).Milliseconds())
	c.person = append(c.person, string(e.Person))
	c.actor = append(c.actor, e.Actor.ID)
	c.role = append(c.role, string(e.Actor.Role))
	c.rehearsal = append(c.rehearsal, bit(e.Rehearsal))
	c.source = append(c.source, e.Source)
	c.id = append(c.id, string(e.ID))
	c.channel = append(c.channel, e.Channel)
	c.campaign = append(c.campaign, e.Campaign)
	stage, touchChannel := e.Stage, ""
	touch, is := rules.TouchOf(*e)
	if is {
		stage, touchChannel = touch.Stage, touch.Channel
	}
	c.touched.add(&touch)
	c.stage = append(c.stage, string(stage))
	c.touch = append(c.touch, bit(is))
	c.touchChannel = append(c.touchChannel, touchChannel)
	c.product = append(c.product, string(d.Product))
	c.sku = append(c.sku, string(d.SKU))
	c.num = append(c.num, number(e.Kind, &d))
	c.body = append(c.body, d.Text)
	c.props = append(c.props, props(e))
	c.seq = append(c.seq, entry.Position.Seq)
	c.idx = append(c.idx, entry.Position.Index)
}

// number is the one quantity of a fact: likes, visible milliseconds, pieces,
// gifts.
func number(k live.Kind, d *facts) int64 {
	switch k {
	case live.Liked:
		return d.Count
	case live.WatchHeartbeat:
		if !d.Visible {
			return 0
		}
		return max(d.Watched, 0)
	case live.CartItemAdded:
		return d.Qty
	case live.GiftSent:
		if d.Streak != "" && !d.StreakEnd {
			return 0 // of a streak only the end counts
		}
		return d.Count
	}
	return 0
}

// props is the data as it came, except for order events, whose money stands in
// order_deltas.
func props(e *live.Event) string {
	if live.OrderFactKind(e.Kind) {
		return ""
	}
	return string(e.Data)
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func (c *eventColumns) block() *block {
	return &block{
		table: "events", rows: len(c.seq),
		names: append([]string{
			"merchant_id", "show_id", "room_id", "kind", "ts", "occurred_at", "person_id", "actor_id", "actor_role",
			"rehearsal", "source", "event_id", "channel", "campaign", "stage", "touch", "touch_channel",
			"product_id", "sku_id", "num", "body", "props", "client_skew_ms", "seq", "idx",
		}, touchNames[:]...),
		data: append([]any{
			c.merchant, c.show, c.room, c.kind, c.ts, c.occurred, c.person, c.actor, c.role,
			c.rehearsal, c.source, c.id, c.channel, c.campaign, c.stage, c.touch, c.touchChannel,
			c.product, c.sku, c.num, c.body, c.props, c.skew, c.seq, c.idx,
		}, c.touched.data()...),
	}
}
