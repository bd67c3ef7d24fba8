package clickhouse

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// TestRename: everybody who was in two shows is given another name, one of them
// with a crash in the middle. Every figure stays, rollups are what the facts
// say, and nothing has an old name or what they wrote.
func TestRename(t *testing.T) {
	db := migrated(t, server.URL())
	w := play(23, 2500)
	fill(t, db, w.entries, nil)
	ctx := t.Context()
	figures := func() (out []analytics.Figures) {
		for _, show := range w.shows {
			for _, asOf := range []time.Time{w.now, start.Add(95 * time.Minute)} {
				f, err := db.Figures(ctx, show.Merchant, show, asOf)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, f)
			}
		}
		return out
	}
	before := figures()
	var people []live.PersonID
	seen := map[live.PersonID]bool{}
	for _, e := range w.entries {
		if p := e.Event.Person; e.Event.Merchant == w.shows[0].Merchant && p != "" && !seen[p] && len(people) < 4 {
			seen[p] = true
			people = append(people, p)
		}
	}
	for i, old := range people {
		r := Renaming{Merchant: w.shows[0].Merchant, Old: old, New: live.PersonID(fmt.Sprint("erased:x", i))}
		noted := func() error { r.Copied = true; return nil }
		if i == 0 { // The note is lost, so it is copied again; then the deletion is done twice.
			lost := errors.New("lost")
			if err := db.Rename(ctx, r, func() error { return lost }); !errors.Is(err, lost) {
				t.Fatal(err)
			}
			if err := db.Rename(ctx, r, noted); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Rename(ctx, r, noted); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(before, figures()); d != "" {
		t.Errorf("figures (-before +after):\n%s", d)
	}
	clean(t, db)
	tables, err := db.personTables(ctx)
	if err != nil || len(tables) < 5 {
		t.Fatalf("%d tables of people, %v", len(tables), err)
	}
	for _, old := range people {
		count := func(what, query string) {
			t.Helper()
			var n uint64
			if err := db.conn.QueryRow(ctx, query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				t.Errorf("%s stands in %d rows of %s", old, n, what)
			}
		}
		of := fmt.Sprintf(`merchant_id = '%s' AND `, w.shows[0].Merchant)
		for _, x := range tables {
			count(x.name, fmt.Sprintf(`SELECT count() FROM %s WHERE %s person_id = '%s'`, x.name, of, old))
		}
		count("actors and data", fmt.Sprintf(`SELECT count() FROM events WHERE %s (fact_actor = '%s' OR position(props, '"%s"') > 0)`, of, old, old))
	}
	var words uint64
	if err := db.conn.QueryRow(ctx, `SELECT count() FROM events WHERE person_id LIKE 'erased:%' AND kind = 'comment_sent' AND (body != '' OR JSONExtractString(props, 'text') != '')`).Scan(&words); err != nil || words > 0 {
		t.Errorf("%d comments of theirs can be read, %v", words, err)
	}
	if err := db.Rename(ctx, Renaming{Merchant: "m1", Old: "x' OR 1", New: "y"}, func() error { return nil }); err == nil {
		t.Error("a name that is none was taken")
	}
}

// TestRenameEmptiesWords: whatever a forgotten person wrote, and whatever was said
// to them or put up of theirs, is in no column of no table any more; what others
// wrote stays, and so does every count and sum.
func TestRenameEmptiesWords(t *testing.T) {
	db := migrated(t, server.URL())
	w := newWorld(5)
	ctx := t.Context()
	viewer, agent, host := live.Actor{ID: "ming", Role: live.RoleViewer}, live.Actor{ID: "li", Role: live.RoleAgent}, live.Actor{ID: "h1", Role: live.RoleHost}
	say := func(kind live.Kind, person live.PersonID, by live.Actor, data string) {
		w.now = w.now.Add(time.Second)
		w.append(live.Event{Kind: kind, Source: "own", Merchant: "m1", Room: "r1", Show: "s1", Person: person, Actor: by, Data: []byte(data)})
	}
	const secret = "机密" // in every word that is to go
	kept := 0
	for _, who := range []live.PersonID{"ming", "wei"} {
		by, word := viewer, secret
		if who != "ming" {
			by, word, kept = live.Actor{ID: string(who), Role: live.RoleViewer}, "公开", 13
		}
		say(live.CommentSent, who, by, `{"comment_id":"c-`+string(who)+`","text":"`+word+` \\ \"quoted\" \n tail `+word+`"}`)
		say(live.CommentSent, who, by, `{"text" : "`+word+` with spaces","comment_id":"d-`+string(who)+`"}`)
		say(live.QuestionAsked, who, by, `{"text":"`+word+`?"}`)
		say(live.ReviewPosted, who, by, `{"order_id":"o1","score":1,"text":"`+word+` broke"}`)
		say(live.ServiceMessageSent, who, by, `{"session_id":"x","by":"viewer","text":"`+word+` where is it"}`)
		say(live.ServiceMessageSent, who, agent, `{"session_id":"x","by":"agent","agent_id":"li","kind":"care","text":"dear `+word+`"}`)
		say(live.ComplaintOpened, who, agent, `{"complaint_id":"cp","claim_text":"`+word+` leaks","order_id":"o1"}`)
		say(live.NeedCaptured, who, live.Actor{Role: live.RoleSystem}, `{"need_id":"n","text":"`+word+` how","source":"desk"}`)
		say(live.NeedResponded, who, agent, `{"need_id":"n","evidence":"`+word+` so"}`)
		say(live.TouchSent, who, agent, `{"agent_id":"li","text":"hello `+word+`"}`)
		say(live.FollowupDone, who, agent, `{"followup_id":"f","result":"`+word+` is content"}`)
		say(live.CommentPinned, "", host, `{"comment_id":"c-`+string(who)+`","text":"`+word+`","viewer_id":"`+string(who)+`","name":"`+word+`"}`)
		say(live.CommentPinned, "", host, `{"comment_id":"d-`+string(who)+`","text":"`+word+` with spaces"}`)
	}
	fill(t, db, w.entries, nil)
	show := w.shows[0]
	before, err := db.Figures(ctx, "m1", show, w.now)
	if err != nil {
		t.Fatal(err)
	}
	found := func(word string) (where []string, rows uint64) {
		t.Helper()
		columns, err := db.conn.Query(ctx, `SELECT c.table, c.name FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
			WHERE c.database = ? AND t.engine LIKE '%MergeTree' AND position(c.type, 'String') > 0 AND position(c.type, 'AggregateFunction') = 0`, db.database)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = columns.Close() }()
		looked := 0
		for columns.Next() {
			var table, column string
			if err := columns.Scan(&table, &column); err != nil {
				t.Fatal(err)
			}
			looked++
			var n uint64
			if err := db.conn.QueryRow(ctx, fmt.Sprintf("SELECT count() FROM `%s` WHERE position(toString(`%s`), '%s') > 0", table, column, word)).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				where = append(where, fmt.Sprint(table, ".", column, " x", n))
				rows = max(rows, n)
			}
		}
		if err := columns.Err(); err != nil || looked < 20 {
			t.Fatalf("%d columns looked at, %v", looked, err)
		}
		return where, rows
	}
	if where, n := found(secret); n != 13 {
		t.Fatalf("before, the words stand in %v", where)
	}
	r := Renaming{Merchant: "m1", Old: "ming", New: "erased:x"}
	for range 2 { // a repetition changes nothing
		if err := db.Rename(ctx, r, func() error { r.Copied = true; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if where, _ := found(secret); len(where) > 0 {
		t.Errorf("their words still stand in %v", where)
	}
	if where, n := found("公开"); n != uint64(kept) {
		t.Errorf("of %d rows of somebody else's words there are %v", kept, where)
	}
	after, err := db.Figures(ctx, "m1", show, w.now)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("figures (-before +after):\n%s", d)
	}
	var broken, scored uint64
	if err := db.conn.QueryRow(ctx, `SELECT countIf(NOT isValidJSON(props)), countIf(kind = 'review_posted' AND JSONExtractInt(props, 'score') = 1 AND JSONHas(props, 'text')) FROM events`).Scan(&broken, &scored); err != nil || broken > 0 || scored != 2 {
		t.Errorf("%d rows are no JSON, %d reviews have their score, %v", broken, scored, err)
	}
}
