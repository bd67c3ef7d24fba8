package complaint

import (
	"database/sql"
	"errors"
	"fmt"

	"showrunner/live"
	"showrunner/live/store"
)

// DeskAgents is [Desk] by the tables of the service desk.
type DeskAgents struct{}

// AgentOf is the agent of a session, or who had it last, or else of a person.
func (DeskAgents) AgentOf(q store.Querier, m live.MerchantID, session string, person live.PersonID) (agent string, err error) {
	if session != "" {
		err := q.Row(`SELECT CASE WHEN agent_id <> '' THEN agent_id ELSE last_agent_id END FROM service_sessions WHERE merchant_id = ? AND session_id = ?`, string(m), session).Scan(&agent)
		if errors.Is(err, sql.ErrNoRows) {
			return "", live.NotFound("session_not_found", "there is no such session")
		}
		if err != nil {
			return "", fmt.Errorf("read agent of a session: %w", err)
		}
	}
	if agent != "" || person == "" {
		return agent, nil
	}
	names, err := q.Aliases(m, person)
	if err != nil {
		return "", err
	}
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("until_at = 0")
	store.WhereIn(&w, "person_id", names)
	err = q.Row(`SELECT agent_id FROM service_people`+w.SQL()+` ORDER BY since_at DESC LIMIT 1`, w.Args()...).Scan(&agent)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read agent of a person: %w", err)
	}
	return agent, nil
}
