package temperature

import (
	"encoding/json"
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// Answers are the kinds of a person's own acts that answer a touch: a reply, a
// click, an order.
var Answers = []live.Kind{
	live.CommentSent, live.QuestionAsked, live.ServiceStarted, live.ServiceMessageSent, live.ServiceEntryOpened, live.ServiceRated,
	"group_message_clicked", live.ProductClicked, live.CartItemAdded, live.CheckoutStarted, live.RoomEntered, "show_reserved", live.CouponClaimed,
	live.ReviewPosted, "lead_captured", "contact_added", live.OrderCreated, live.OrderPaid,
}

// Customers are the words for a customer in facts that say who wrote or began.
var Customers = []string{"viewer", "customer", "person", "member"}

// Said is what these rules read of the data of a fact.
type Said struct {
	By            string          `json:"by"`
	Initiated     string          `json:"initiated_by"`
	Session       string          `json:"session_id"`
	Agent         string          `json:"agent_id"`
	Group         string          `json:"group_id"`
	Role          string          `json:"by_role"`
	LostBy        string          `json:"lost_by"`
	Quit          string          `json:"quit_scene"`
	Blocked       bool            `json:"blocked"`
	OptOut        bool            `json:"opt_out"`
	Transactional conversion.Flag `json:"transactional"`
	Visible       bool            `json:"visible"`
	Watched       int64           `json:"watched_ms"`
}

// Read reads the data of a fact; what cannot be read says nothing.
func Read(data json.RawMessage) (s Said) {
	if len(data) > 0 && json.Unmarshal(data, &s) != nil {
		return Said{}
	}
	return s
}

// Inbound reports whether a session was begun by the customer; one that does not
// say by whom was.
func (s *Said) Inbound() bool { return s.Initiated == "" || slices.Contains(Customers, s.Initiated) }

// AnswerOf reports whether a fact is an act of the person it is about. What staff
// say or do in their name is none.
func AnswerOf(e *live.Event) bool {
	if e.Person == "" || e.Rehearsal || !slices.Contains(Answers, e.Kind) {
		return false
	}
	s := Read(e.Data)
	switch e.Kind {
	case live.ServiceMessageSent:
		return slices.Contains(Customers, s.By)
	case live.ServiceStarted:
		return s.Inbound()
	}
	return true
}
