package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// maxBotReason bounds what an operator says of a flag, in characters.
const maxBotReason = 200

// FlagBots takes in what the rules say of persons in a show and returns how many
// words changed. What an operator has said stands, and neither what is the case
// already nor what was said before the last word is said again, so that a reader
// of the log may come with the same verdicts twice. Verdicts about a show that is unknown or a rehearsal are left out.
func (s *Store) FlagBots(ctx context.Context, verdicts []live.Bot) (changed int, err error) {
	err = s.write(ctx, func(t *tx) error {
		changed = 0
		shows := map[live.ShowID]*live.Show{}
		for i := range verdicts {
			v := &verdicts[i]
			sh, ok := shows[v.Show]
			if !ok {
				found, err := findShow(t, v.Show)
				var no *live.Error
				switch {
				case err == nil && !found.Rehearsal:
					sh = &found
				case err != nil && (!errors.As(err, &no) || no.Fault != live.FaultNotFound):
					return err
				}
				shows[v.Show] = sh
			}
			if sh == nil {
				continue
			}
			before, err := botOf(t, v.Show, v.Person)
			if err != nil {
				return err
			}
			if before.ByOperator || before.Flagged == v.Flagged || !v.At.After(before.At) {
				continue
			}
			v.ByOperator = false
			if _, err := t.sayBot(sh, *v, live.Principal{Subject: "bots", Role: live.RoleSystem}, v.At); err != nil {
				return err
			}
			changed++
		}
		return nil
	})
	return changed, err
}

// sayBot keeps a word on a person and puts it into the log.
func (t *tx) sayBot(sh *live.Show, b live.Bot, by live.Principal, when time.Time) (live.EventID, error) {
	flag := func(v bool) int64 {
		if v {
			return 1
		}
		return 0
	}
	if len(b.Rules) == 0 {
		b.Rules = json.RawMessage(`[]`)
	}
	if _, err := t.exec(`INSERT INTO bots (show_id, person_id, merchant_id, room_id, flagged, by_operator, score, rules, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (show_id, person_id) DO UPDATE SET flagged = excluded.flagged, by_operator = excluded.by_operator, score = excluded.score,
			rules = excluded.rules, reason = excluded.reason, at = excluded.at`,
		string(sh.ID), string(b.Person), string(sh.Merchant), string(sh.Room), flag(b.Flagged), flag(b.ByOperator), int64(b.Score), string(b.Rules), b.Reason, ms(when)); err != nil {
		return "", fmt.Errorf("keep a bot: %w", err)
	}
	kind, who := live.BotUnflagged, "rules"
	if b.Flagged {
		kind = live.BotFlagged
	}
	if b.ByOperator {
		who = "operator"
	}
	data := map[string]any{"viewer_id": b.Person, "score": b.Score, "rules": b.Rules, "by": who}
	if b.Reason != "" {
		data["reason"] = b.Reason
	}
	return t.announce(sh, kind, b.Person, by, when, data)
}

func readFlagBot(a *args) effect { return sayBotOf(a, true) }

func readUnflagBot(a *args) effect { return sayBotOf(a, false) }

// sayBotOf is an operator's word. It stands, for the rest of the show and after.
func sayBotOf(a *args, flagged bool) effect {
	viewer := live.PersonID(a.id("viewer_id", true))
	reason := a.text("reason", false, 0, maxBotReason)
	return func(t *tx, c *scene) error {
		before, err := botOf(t, c.show.ID, viewer)
		if err != nil {
			return err
		}
		switch {
		case flagged && before.Flagged && before.ByOperator:
			return live.Conflict("already_flagged", "the viewer is flagged as a bot in this show")
		case !flagged && !before.Flagged:
			return live.Conflict("not_flagged", "the viewer is not flagged as a bot in this show")
		}
		b := live.Bot{Person: viewer, Flagged: flagged, ByOperator: true, Reason: reason}
		if flagged {
			b.Score, b.Rules = before.Score, before.Rules
		}
		c.id, err = t.sayBot(c.show, b, c.cmd.By, t.now)
		return err
	}
}

const botColumns = `show_id, person_id, flagged, by_operator, score, rules, reason, at`

func scanBot(r scanner) (b live.Bot, err error) {
	var flagged, byOperator, score, when int64
	var rules string
	err = r.Scan(&b.Show, &b.Person, &flagged, &byOperator, &score, &rules, &b.Reason, &when)
	b.Flagged, b.ByOperator, b.Score, b.Rules, b.At = flagged != 0, byOperator != 0, int(score), json.RawMessage(rules), at(when)
	return b, err
}

// botOf is the last word on a person; the zero one if there is none.
func botOf(q querier, show live.ShowID, who live.PersonID) (live.Bot, error) {
	b, err := scanBot(q.row(`SELECT `+botColumns+` FROM bots WHERE show_id = ? AND person_id = ?`, string(show), string(who)))
	if errors.Is(err, sql.ErrNoRows) {
		return live.Bot{}, nil
	}
	if err != nil {
		return b, fmt.Errorf("look for a bot: %w", err)
	}
	return b, nil
}

// Bots lists who was ever flagged in a show, with the last word on each, sorted
// by person, after the person cursor names; the answer has the next cursor,
// empty at the end.
func (s *Store) Bots(ctx context.Context, show live.ShowID, cursor string, most int) ([]live.Bot, string, error) {
	most = limit(most)
	rows, err := s.reader(ctx).query(`SELECT `+botColumns+` FROM bots WHERE show_id = ? AND person_id > ? ORDER BY person_id LIMIT ?`, string(show), cursor, most+1)
	list, err := collect(rows, err, scanBot)
	if err != nil {
		return nil, "", fmt.Errorf("list bots: %w", err)
	}
	if len(list) <= most {
		return list, "", nil
	}
	return list[:most], string(list[most-1].Person), nil
}

// BotsOnAir is who is flagged in the shows that are on air, by their rooms.
func (s *Store) BotsOnAir(ctx context.Context) (map[live.RoomID][]live.PersonID, error) {
	out := map[live.RoomID][]live.PersonID{}
	rows, err := s.reader(ctx).query(`SELECT b.room_id, b.person_id FROM bots b JOIN shows s ON s.show_id = b.show_id WHERE b.flagged = 1 AND s.state IN (?, ?)`,
		string(live.ShowStateLive), string(live.ShowStatePaused))
	_, err = collect(rows, err, func(r scanner) (p live.PersonID, err error) {
		var room live.RoomID
		if err = r.Scan(&room, &p); err == nil {
			out[room] = append(out[room], p)
		}
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("list bots on air: %w", err)
	}
	return out, nil
}

// NetworkKey is the secret by which the networks of a merchant's viewers are
// named, the same on every server: an address itself is never kept.
func (s *Store) NetworkKey(ctx context.Context, m live.MerchantID) (key []byte, err error) {
	err = s.write(ctx, func(t *tx) error {
		key, err = t.identitySecret(m)
		return err
	})
	return key, err
}
