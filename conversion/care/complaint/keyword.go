package complaint

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

// TermsVersion is the version of the way terms are taken out of texts. Terms are
// kept as they were taken, so that a figure of then stays what it was.
const TermsVersion = "terms-1"

// maxTold bounds how many tellings are read for keywords, newest first: more do
// not change what stands out.
const maxTold = 20_000

// KeywordQuestion asks which terms stand out in some complaints against all the
// others of the merchant.
type KeywordQuestion struct {
	Reach   care.Reach
	Show    live.ShowID // zero members do not restrict
	Product live.ProductID
	Cause   Cause
	From    time.Time // of the telling
	Until   time.Time
	AsOf    time.Time // zero: now
	Most    int       // 0 means 20
}

// Keywords answers with how many tellings were asked and how many they were
// compared with. Suggestions are among neither.
type Keywords struct {
	List       []text.Keyword
	Documents  int
	Background int
}

// Keywords finds what stands out.
func (b *Book) Keywords(ctx context.Context, k KeywordQuestion) (Keywords, error) {
	if k.Most == 0 {
		k.Most = 20
	}
	asOf := int64(1) << 62
	if !k.AsOf.IsZero() {
		asOf = store.Millis(k.AsOf)
	}
	var w store.Where
	within(k.Reach, &w)
	w.Add("e.at <= ?", asOf)
	w.Add("l.state NOT IN ('suggested', 'withdrawn', 'dismissed')")
	// The state and the cause are those of the last step until then.
	rows, err := b.store.View(ctx).Query(`SELECT e.terms, e.at, c.show_id, c.product_id, l.cause FROM care_evidence e
		JOIN care_complaints c ON c.merchant_id = e.merchant_id AND c.complaint_id = e.complaint_id
		JOIN care_complaint_log l ON l.merchant_id = e.merchant_id AND l.complaint_id = e.complaint_id AND l.n = (
			SELECT MAX(x.n) FROM care_complaint_log x WHERE x.merchant_id = e.merchant_id AND x.complaint_id = e.complaint_id AND x.at <= ?)`+
		w.SQL()+` ORDER BY e.at DESC, e.complaint_id, e.n LIMIT ?`, append([]any{asOf}, w.Args(maxTold)...)...)
	type telling struct {
		terms []string
		ours  bool
	}
	list, err := store.Collect(rows, err, func(r store.Scanner) (t telling, err error) {
		var raw string
		var at int64
		var show live.ShowID
		var product live.ProductID
		var cause Cause
		if err := r.Scan(&raw, &at, &show, &product, &cause); err != nil {
			return t, err
		}
		t.ours = (k.Show == "" || k.Show == show) && (k.Product == "" || k.Product == product) && (k.Cause == "" || k.Cause == cause) &&
			(k.From.IsZero() || !store.Time(at).Before(k.From)) && (k.Until.IsZero() || store.Time(at).Before(k.Until))
		return t, json.Unmarshal([]byte(raw), &t.terms)
	})
	if err != nil {
		return Keywords{}, fmt.Errorf("read what was told: %w", err)
	}
	var ours [][]string
	others := text.NewCorpus()
	for _, t := range list {
		if t.ours {
			ours = append(ours, t.terms)
		} else {
			others.Add(t.terms)
		}
	}
	found := text.Keywords(ours, others)
	return Keywords{found[:min(len(found), k.Most)], len(ours), others.Docs()}, nil
}
