package clickhouse

import (
	"encoding/json"

	"showrunner/live"
)

// facts are the members of data that get a column of their own. What cannot be
// read is as good as absent: accepted facts were checked on their way in.
type facts struct {
	product, sku, text, streak []byte

	count, qty, watched int64
	visible, streakEnd  bool
}

// factsJSON is the same for encoding/json.
type factsJSON struct {
	Product live.ProductID `json:"product_id"`
	SKU     live.SKUID     `json:"sku_id"`
	Text    string         `json:"text"`
	Count   int64          `json:"count"`
	Qty     int64          `json:"qty"`
	Visible bool           `json:"visible"`
	Watched int64          `json:"watched_ms"`

	Streak    string `json:"streak_id"`
	StreakEnd bool   `json:"streak_end"`
}

// read reads the data of a fact. What it finds lies in data.
func (d *facts) read(data []byte) {
	if len(data) == 0 || d.scan(data) {
		return
	}
	*d = facts{}
	var j factsJSON
	if json.Unmarshal(data, &j) == nil {
		*d = facts{
			product: []byte(j.Product), sku: []byte(j.SKU), text: []byte(j.Text), streak: []byte(j.Streak),
			count: j.Count, qty: j.Qty, watched: j.Watched, visible: j.Visible, streakEnd: j.StreakEnd,
		}
	}
}

// scan reads plain data; false for data that encoding/json must look at.
func (d *facts) scan(data []byte) bool {
	m := live.MembersOf(data)
	for m.Next() {
		if !d.Member(m.Name, m.Value) {
			return false
		}
	}
	return m.Plain()
}

// Member takes a member that is plain; false if encoding/json must look at it.
func (d *facts) Member(name, value []byte) bool {
	switch string(name) {
	case "product_id":
		return plainText(&d.product, value)
	case "sku_id":
		return plainText(&d.sku, value)
	case "text":
		return plainText(&d.text, value)
	case "streak_id":
		return plainText(&d.streak, value)
	case "count":
		return plainInt(&d.count, value)
	case "qty":
		return plainInt(&d.qty, value)
	case "watched_ms":
		return plainInt(&d.watched, value)
	case "visible":
		return plainBool(&d.visible, value)
	case "streak_end":
		return plainBool(&d.streakEnd, value)
	}
	return true
}

// Of a member that stands twice the last holds, but null says nothing.
const null = "null"

func plainText(to *[]byte, value []byte) bool {
	text, ok := live.PlainText(value)
	if ok {
		*to = text
	}
	return ok || string(value) == null
}

func plainInt(to *int64, value []byte) bool {
	n, ok := live.PlainInt(value)
	if ok {
		*to = n
	}
	return ok || string(value) == null
}

func plainBool(to *bool, value []byte) bool {
	switch string(value) {
	case "true":
		*to = true
	case "false":
		*to = false
	case null:
	default:
		return false
	}
	return true
}
