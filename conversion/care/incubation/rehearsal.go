package incubation

import (
	"encoding/json"
	"fmt"
	"slices"

	"showrunner/live"
	"showrunner/live/store"
)

// Evidence is what the facts of a rehearsal say of its host, of the time they
// were on.
type Evidence struct {
	OnMS     int64 `json:"on_ms"`
	Commands int64 `json:"commands"` // they gave, refused ones too
	Mistakes int64 `json:"mistakes"` // of them, which were refused
	Prompts  int64 `json:"prompts"`  // that others sent
	Followed int64 `json:"prompts_followed"`
	PromptMS int64 `json:"prompt_median_ms"` // until a command followed, by nearest rank, of Followed
	Comments int64 `json:"comments"`         // of others
	Answered int64 `json:"comments_answered"`
}

// span is the time that somebody was on, in milliseconds; its end is outside.
type span struct{ from, until int64 }

func inside(spans []span, at int64) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return at >= s.from && at < s.until })
}

// deed is a command of a rehearsal as the audit log has it.
type deed struct {
	at     int64
	actor  string
	action string
	code   string // empty: it was done
	detail string
}

// remark is a comment of a rehearsal without its words.
type remark struct {
	id, replyTo, actor string
	at                 int64
}

// evidenceOf reads what a rehearsal that is over says of a host. A comment is
// answered by a reply, or by pinning it.
func evidenceOf(q store.Querier, m live.MerchantID, show live.ShowID, host string) (Evidence, error) {
	rows, err := q.Query(`SELECT started_at, ended_at FROM host_shifts WHERE show_id = ? AND host_id = ? AND ended_at > 0 ORDER BY started_at`, string(show), host)
	on, err := store.Collect(rows, err, func(r store.Scanner) (s span, err error) { return s, r.Scan(&s.from, &s.until) })
	if err != nil {
		return Evidence{}, fmt.Errorf("read who was on in a rehearsal: %w", err)
	}
	rows, err = q.Query(`SELECT at, actor_id, action, code, detail FROM audit WHERE merchant_id = ? AND show_id = ? AND action LIKE 'command.%' ORDER BY id`, string(m), string(show))
	deeds, err := store.Collect(rows, err, func(r store.Scanner) (d deed, err error) {
		return d, r.Scan(&d.at, &d.actor, &d.action, &d.code, &d.detail)
	})
	if err != nil {
		return Evidence{}, fmt.Errorf("read commands of a rehearsal: %w", err)
	}
	rows, err = q.Query(`SELECT comment_id, reply_to, actor_id, at FROM incubation_comments WHERE merchant_id = ? AND show_id = ? ORDER BY at, comment_id`, string(m), string(show))
	said, err := store.Collect(rows, err, func(r store.Scanner) (x remark, err error) { return x, r.Scan(&x.id, &x.replyTo, &x.actor, &x.at) })
	if err != nil {
		return Evidence{}, fmt.Errorf("read comments of a rehearsal: %w", err)
	}
	return weigh(host, on, deeds, said), nil
}

// weigh counts. Deeds come in the order they were done in.
func weigh(host string, on []span, deeds []deed, said []remark) (e Evidence) {
	for _, s := range on {
		e.OnMS += s.until - s.from
	}
	answered := map[string]bool{}
	var waits []int64
	prompt := int64(-1) // of the prompt that nothing has followed so far
	for _, d := range deeds {
		if !inside(on, d.at) {
			prompt = -1
			continue
		}
		switch {
		case d.actor == host:
			e.Commands++
			if d.code != "" {
				e.Mistakes++
				continue
			}
			if prompt >= 0 {
				waits = append(waits, d.at-prompt)
				prompt = -1
			}
			if id := pinned(&d); id != "" {
				answered[id] = true
			}
		case d.action == "command.send_prompt" && d.code == "":
			e.Prompts++
			prompt = d.at
		}
	}
	slices.Sort(waits)
	if e.Followed = int64(len(waits)); e.Followed > 0 {
		e.PromptMS = waits[(len(waits)-1)/2]
	}
	for _, s := range said {
		if s.actor == host && s.replyTo != "" && inside(on, s.at) {
			answered[s.replyTo] = true
		}
	}
	for _, s := range said {
		if s.actor == host || !inside(on, s.at) {
			continue
		}
		e.Comments++
		if answered[s.id] {
			e.Answered++
		}
	}
	return e
}

// pinned is the comment that a command pinned, empty if it did not.
func pinned(d *deed) string {
	if d.action != "command.pin_comment" {
		return ""
	}
	var args struct {
		Comment string `json:"comment_id"`
	}
	if json.Unmarshal([]byte(d.detail), &args) != nil { // It was read before it was done.
		return ""
	}
	return args.Comment
}

// Miss is a bound of drills that a rehearsal did not keep.
type Miss string

// The bounds of drills.
const (
	MissMinutes  Miss = "least_minutes"
	MissMistakes Miss = "most_mistakes"
	MissPrompts  Miss = "most_prompt_ms" // a prompt that nothing followed misses it too
	MissAnswers  Miss = "least_answered_bps"
	MissPoints   Miss = "pass_points"
)

// misses are the bounds that evidence and points do not keep; none is a pass.
func (d *Drilled) misses(e *Evidence, points int64) (list []Miss) {
	for _, b := range []struct {
		miss Miss
		is   bool
	}{
		{MissMinutes, e.OnMS < d.Minutes*60_000},
		{MissMistakes, d.Mistakes != nil && e.Mistakes > *d.Mistakes},
		{MissPrompts, d.PromptMS != nil && (e.Followed < e.Prompts || e.PromptMS > *d.PromptMS)},
		{MissAnswers, d.Answered != nil && e.Answered*10_000 < *d.Answered*e.Comments},
		{MissPoints, points < d.Pass},
	} {
		if b.is {
			list = append(list, b.miss)
		}
	}
	return list
}
