package need

import (
	"cmp"
	"fmt"
	"slices"

	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

// Asked is what several people asked.
type Asked struct {
	Text    string // of the one most like the others
	Answer  string // the newest that was given, empty for none
	Times   int64
	Cluster string // empty: they were not gathered so far
	Terms   []string
}

// maxAsked bounds the needs that are compared for the most asked, newest first.
const maxAsked = 1500

// Top are the questions asked most in some shows, each by two or more, the most
// asked first. It compares texts and takes long for long shows: not for inside a
// change of the store.
func (l *Loop) Top(q store.Querier, m live.MerchantID, shows []live.ShowID, most int) ([]Asked, error) {
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	store.WhereIn(&w, "show_id", shows)
	rows, err := q.Query(`SELECT `+columns+` FROM care_needs`+w.SQL()+` ORDER BY captured_at DESC, need_id DESC LIMIT ?`, w.Args(maxAsked)...)
	list, err := store.Collect(rows, err, scan)
	if err != nil {
		return nil, fmt.Errorf("read what was asked: %w", err)
	}
	needs, docs := map[string]*Need{}, make([]text.Doc, 0, len(list))
	for i := range list {
		needs[list[i].ID] = &list[i]
		if len(list[i].Terms) > 0 {
			docs = append(docs, text.Doc{ID: list[i].ID, Terms: list[i].Terms})
		}
	}
	var out []Asked
	for _, g := range text.Cluster(docs, nil, alikeFrom) {
		if len(g.IDs) < 2 {
			continue
		}
		a := Asked{Text: needs[g.Centre].Text, Times: int64(len(g.IDs)), Cluster: needs[g.Centre].Cluster}
		for _, t := range g.Terms[:min(len(g.Terms), 5)] {
			a.Terms = append(a.Terms, t.Term)
		}
		var newest *Need
		for _, id := range g.IDs {
			if n := needs[id]; n.Answer != "" && (newest == nil || n.CapturedAt.After(newest.CapturedAt)) {
				newest = n
			}
		}
		if newest != nil {
			a.Answer = newest.Answer
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Asked) int { return cmp.Compare(b.Times, a.Times) })
	return out[:min(len(out), most)], nil
}
