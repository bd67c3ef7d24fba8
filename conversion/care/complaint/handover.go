package complaint

import (
	"fmt"

	"showrunner/live"
	"showrunner/live/store"
)

// Handover keeps complaints with who serves their people: the service desk calls
// it in the transaction in which a session or a person goes to somebody else. A
// complaint that a person gave to a third one stays with them.
type Handover struct{}

// SessionTo gives the complaints of a session, nobody's and those of from, to an
// agent; an empty one is nobody.
func (Handover) SessionTo(t *store.Tx, m live.MerchantID, session, from, to string) error {
	if from == to {
		return nil
	}
	if _, err := t.Exec(`UPDATE care_complaints SET agent_id = ? WHERE merchant_id = ? AND session_id = ? AND agent_id IN ('', ?)`, to, string(m), session, from); err != nil {
		return fmt.Errorf("hand over the complaints of a session: %w", err)
	}
	return nil
}

// PersonTo gives the complaints of a person that no session has, nobody's and
// those of from, to an agent; an empty one is nobody. People are told by all of
// their names.
func (Handover) PersonTo(t *store.Tx, m live.MerchantID, people []live.PersonID, from, to string) error {
	if from == to || len(people) == 0 {
		return nil
	}
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("session_id = ''")
	w.Add("agent_id IN ('', ?)", from)
	store.WhereIn(&w, "person_id", people)
	if _, err := t.Exec(`UPDATE care_complaints SET agent_id = ?`+w.SQL(), append([]any{to}, w.Args()...)...); err != nil {
		return fmt.Errorf("hand over the complaints of a person: %w", err)
	}
	return nil
}

// Left gives what an agent who left still has to who the person is of now, or to
// nobody: who supervises sees it, and may give it on.
func (Handover) Left(t *store.Tx, m live.MerchantID, from string) error {
	if _, err := t.Exec(`UPDATE care_complaints SET agent_id = COALESCE((SELECT p.agent_id FROM service_people p
			WHERE p.merchant_id = care_complaints.merchant_id AND p.person_id = care_complaints.person_id AND p.until_at = 0), '')
		WHERE merchant_id = ? AND agent_id = ?`, string(m), from); err != nil {
		return fmt.Errorf("hand over the complaints of who left: %w", err)
	}
	return nil
}
