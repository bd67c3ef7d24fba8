package conversion

import (
	"encoding/json"

	"showrunner/live"
)

// ReadTouch takes what it can from the data of a fact; words, if not nil, are the
// texts that were met. The members that the kind names were checked when the event
// was accepted; of the others, what cannot be a name is none.
func ReadTouch(data json.RawMessage, words live.Words) TouchData {
	if len(data) == 0 {
		return TouchData{}
	}
	if d, ok := scan(data, words); ok {
		return d
	}
	var d TouchData
	if json.Unmarshal(data, &d) != nil {
		return TouchData{}
	}
	return d
}

// scan is json.Unmarshal into TouchData for plain text, without allocating; it
// reports false for text that json.Unmarshal must look at.
func scan(data []byte, words live.Words) (d TouchData, ok bool) {
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
			return TouchData{}, false
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
