package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"showrunner/conversion"
	"showrunner/live"
)

// eventColumns gathers rows of events.
type eventColumns struct {
	table
	merchant, show, room, kind, role, source             wordColumn
	channel, campaign, stage, touchChannel, product, sku wordColumn
	person, actor, id, body, props                       textColumn
	touched                                              touchColumns
	ts                                                   instantColumn
	rehearsal, touch                                     numberColumn[uint8]
	num, late, uuidHigh                                  numberColumn[int64]
	seq, uuidLow                                         numberColumn[uint64]
	idx                                                  numberColumn[uint32]

	rules *conversion.RuleSet
	met   live.Words
	point conversion.Touchpoint
}

func newEventColumns(rules *conversion.RuleSet) *eventColumns {
	c := &eventColumns{rules: rules, met: live.Words{}}
	c.rehearsal.typ, c.touch.typ = proto.ColumnTypeUInt8, proto.ColumnTypeUInt8
	c.num.typ, c.late.typ, c.uuidHigh.typ = proto.ColumnTypeInt64, proto.ColumnTypeInt64, proto.ColumnTypeInt64
	c.uuidLow.typ, c.seq.typ, c.idx.typ = proto.ColumnTypeUInt64, proto.ColumnTypeUInt64, proto.ColumnTypeUInt32
	c.name = "events"
	c.columns = append([]named{
		{"merchant_id", &c.merchant},
		{"show_id", &c.show},
		{"room_id", &c.room},
		{"kind", &c.kind},
		{"ts", &c.ts},
		{"late_ms", &c.late},
		{"person_id", &c.person},
		{"actor_id", &c.actor},
		{"actor_role", &c.role},
		{"rehearsal", &c.rehearsal},
		{"source", &c.source},
		{"event_id", &c.id},
		{"channel", &c.channel},
		{"campaign", &c.campaign},
		{"stage", &c.stage},
		{"touch", &c.touch},
		{"touch_channel", &c.touchChannel},
		{"product_id", &c.product},
		{"sku_id", &c.sku},
		{"num", &c.num},
		{"body", &c.body},
		{"props", &c.props},
		{"uuid_high", &c.uuidHigh},
		{"uuid_low", &c.uuidLow},
		{"seq", &c.seq},
		{"idx", &c.idx},
	}, c.touched.columns()...)
	return c
}

// add makes the row of an event. It must be a function of the entry and the rules
// alone: no clock, no chance, no order of a map.
func (c *eventColumns) add(entry *live.Entry, is *kindRow, d *reading) {
	e := &entry.Event
	row := c.rows
	c.rows++
	c.merchant.put(row, string(e.Merchant))
	c.show.put(row, string(e.Show))
	c.room.put(row, string(e.Room))
	c.kind.putKnown(row, string(e.Kind), &is.place)
	received := e.ReceivedAt.UnixMilli()
	c.ts.numberColumn.put(row, received)
	if !e.OccurredAt.IsZero() {
		c.late.put(row, received-e.OccurredAt.UnixMilli())
	}
	c.person.put(row, string(e.Person))
	c.actor.put(row, actorOf(e))
	c.role.put(row, string(e.Actor.Role))
	c.rehearsal.put(row, bit(e.Rehearsal))
	c.source.put(row, sourceOf(e))
	if !is.placed {
		if high, low, ok := uuidOf(string(e.ID)); ok {
			c.uuidHigh.put(row, int64(high)-received<<16)
			c.uuidLow.put(row, low)
		} else {
			c.id.put(row, string(e.ID))
		}
	}
	c.channel.put(row, e.Channel)
	c.campaign.put(row, e.Campaign)
	stage := e.Stage
	if touch := &c.point; is.rule != nil && c.rules.Touch(touch, is.rule, e, d.touchOf(e.Data, c.met)) {
		stage = touch.Stage
		c.touch.put(row, 1)
		c.touchChannel.put(row, touch.Channel)
		c.touched.add(row, touch)
	}
	c.stage.put(row, string(stage))
	c.product.putBytes(row, d.product)
	c.sku.putBytes(row, d.sku)
	c.num.put(row, is.number.value(&d.facts))
	c.body.putBytes(row, d.text)
	if !is.order { // Whose money stands in order_deltas.
		c.props.putBytes(row, e.Data)
	}
	c.seq.put(row, entry.Position.Seq)
	c.idx.put(row, entry.Position.Index)
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
