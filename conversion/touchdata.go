package conversion

import (
	"encoding/json"

	"showrunner/live"
)

// Met is what one who looks at many facts has met in their data. A nil Met reads
// each anew. It is for one goroutine.
type Met struct {
	data  live.Repeated[touchData]
	once  touchData // what was read last of a text that is not remembered
	words live.Words
}

// NewMet has met nothing yet.
func NewMet() *Met { return &Met{words: live.Words{}} }

// read reads data. What it finds is good until the next call.
func (m *Met) read(data json.RawMessage) *touchData {
	if m == nil {
		d := read(data, nil)
		return &d
	}
	is, _, met := m.data.Find(data)
	if is == nil {
		is = &m.once
	}
	if !met {
		*is = read(data, m.words)
	}
	return is
}

// read takes what it can from data. The members that the kind names were checked
// when the event was accepted; of the others, what cannot be a name is none.
func read(data json.RawMessage, words live.Words) touchData {
	if len(data) == 0 {
		return touchData{}
	}
	if d, ok := scan(data, words); ok {
		return d
	}
	var d touchData
	if json.Unmarshal(data, &d) != nil {
		return touchData{}
	}
	return d
}

// scan is json.Unmarshal into touchData for plain text, without allocating; it
// reports false for text that json.Unmarshal must look at.
func scan(data []byte, words live.Words) (d touchData, ok bool) {
	m := live.MembersOf(data)
	for m.Next() {
		ok := true
		switch string(m.Name) {
		case "product_id":
			ok = d.Product.scan(m.Value, words)
		case "referrer":
			ok = d.Referrer.scan(m.Value, words)
		case "host_id":
			ok = d.Host.scan(m.Value, words)
		case "agent_id":
			ok = d.Agent.scan(m.Value, words)
		case "agent_name":
			ok = d.AgentName.scan(m.Value, words)
		case "group_id":
			ok = d.Group.scan(m.Value, words)
		case "group_name":
			ok = d.GroupName.scan(m.Value, words)
		case "entry_id":
			ok = d.Entry.scan(m.Value, words)
		case "cost_minor":
			if v, whole := live.PlainInt(m.Value); whole && v > 0 && v <= live.MaxMinor {
				d.Cost = amount(v)
			}
		case "cost_currency":
			ok = d.CostCurrency.scan(m.Value, words)
		case "transactional":
			d.Transactional = string(m.Value) == "true"
		}
		if !ok {
			return touchData{}, false
		}
	}
	return d, m.Plain()
}

// scan takes an identifier; false if the value is a string with escapes.
func (n *name) scan(value []byte, words live.Words) bool {
	text, ok := live.PlainText(value)
	if !ok {
		return value[0] != '"'
	}
	if len(text) <= live.MaxIDLen {
		if s := words.Of(text); live.ValidID(s) {
			*n = name(s)
		}
	}
	return true
}

// scan takes a title; false if the value is a string with escapes.
func (n *title) scan(value []byte, words live.Words) bool {
	text, ok := live.PlainText(value)
	switch {
	case !ok && string(value) == "null":
		*n = ""
	case !ok:
		return value[0] != '"'
	case len(text) <= maxTitle:
		*n = title(words.Of(text))
	}
	return true
}
