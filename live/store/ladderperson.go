package store

import (
	"fmt"

	"showrunner/live"
)

// personRow is a row of ladder_people without its name.
type personRow struct {
	rung           live.Rung
	since, first   int64
	channel, agent string
	show           live.ShowID
	incentive      int64
	reached        [5]int64
	rule           int64
}

const personColumns = `rung, since, first_at, channel, show_id, agent_id, incentive, reached_1, reached_2, reached_3, reached_4, reached_5, rule`

func scanPerson(r scanner) (p live.PersonID, w personRow, err error) {
	err = r.Scan(&p, &w.rung, &w.since, &w.first, &w.channel, &w.show, &w.agent, &w.incentive,
		&w.reached[0], &w.reached[1], &w.reached[2], &w.reached[3], &w.reached[4], &w.rule)
	return p, w, err
}

func rowOf(s *live.Standing) personRow {
	w := personRow{
		rung: s.Rung, since: ms(s.Since), first: ms(s.FirstAt), channel: s.Channel, agent: s.Agent, show: s.Show, incentive: bit(s.Incentive), rule: s.Rule,
	}
	for i := range s.Reached {
		w.reached[i] = ms(s.Reached[i])
	}
	return w
}

func (t *tx) savePerson(m live.MerchantID, p live.PersonID, w *personRow) error {
	if _, err := t.exec(`INSERT INTO ladder_people (merchant_id, person_id, `+personColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, person_id) DO UPDATE SET rung = excluded.rung, since = excluded.since, first_at = excluded.first_at,
			channel = excluded.channel, show_id = excluded.show_id, agent_id = excluded.agent_id, incentive = excluded.incentive,
			reached_1 = excluded.reached_1, reached_2 = excluded.reached_2, reached_3 = excluded.reached_3, reached_4 = excluded.reached_4,
			reached_5 = excluded.reached_5, rule = excluded.rule`,
		string(m), string(p), string(w.rung), w.since, w.first, w.channel, string(w.show), w.agent, w.incentive,
		w.reached[0], w.reached[1], w.reached[2], w.reached[3], w.reached[4], w.rule); err != nil {
		return fmt.Errorf("write where a person stands: %w", err)
	}
	return nil
}

const factOfPerson = `merchant_id, person_id, kind, ref, at, event_id, show_id, channel, stage, class, agent_id, by_agent, referrer_id, scene`

func scanPersonFact(r scanner) (live.PersonFact, error) {
	var f live.PersonFact
	var when, byAgent int64
	err := r.Scan(&f.Merchant, &f.Person, &f.Kind, &f.Ref, &when, &f.Event, &f.Show, &f.Channel, &f.Stage, &f.Class, &f.Agent, &byAgent, &f.Referrer, &f.Scene)
	f.At, f.ByAgent = at(when), byAgent != 0
	return f, err
}
