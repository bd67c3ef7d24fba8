package clickhouse

import (
	"fmt"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
)

// The views of what is published say what the figures say, with bots flagged and
// let in again at any time.
func TestPublishedViews(t *testing.T) {
	db := migrated(t, server.URL())
	w := play(31, 1500)
	fill(t, db, w.entries, nil)
	bots := int64(0)
	for _, show := range w.shows {
		f := folded(t, w, show, w.now)
		bots += f.Bots
		parameters := ch.Parameters{"merchant": string(show.Merchant), "show": string(show.ID)}
		const where = ` WHERE merchant_id = {merchant:String} AND show_id = {show:String}`
		ask := func(sql string, into ...any) {
			t.Helper()
			if err := db.rows(t.Context(), "published", parameters, sql, func(scan scanner) error { return scan(into...) }); err != nil {
				t.Fatal(err)
			}
		}
		var exposed, comments, likes, shares, follows, clicks, carts, flagged, online int64
		ask(`SELECT exposed, comments, likes, shares, follows, clicks, carts FROM show_behaviour_published`+where, &exposed, &comments, &likes, &shares, &follows, &clicks, &carts)
		ask(`SELECT toInt64(count()) FROM bots`+where, &flagged)
		// The view has every minute, the figure those the show was on in.
		var all, always int64
		first, end := analytics.ClockOnAir(show, w.now)
		ask(fmt.Sprintf(`SELECT sumIf(online, toUnixTimestamp(t) >= %d AND toUnixTimestamp(t) < %d), sum(online) FROM show_minute_published`, 60*first, 60*end)+where, &online, &all)
		for _, m := range f.Minutes {
			always += m.Online
		}
		if all != always {
			t.Errorf("show %s: the minutes have %d persons, the view %d", show.ID, always, all)
		}
		x := &f.Traffic
		want := []int64{x.RoomExposurePV, x.CommentPV, x.LikeCount, x.SharePV, x.FollowGross, x.ProductClickPV, x.CartPV, f.Bots, x.OnlineMinutes}
		if d := cmp.Diff(want, []int64{exposed, comments, likes, shares, follows, clicks, carts, flagged, online}); d != "" {
			t.Errorf("show %s: -figures +views\n%s", show.ID, d)
		}
		if x.WatchUV == f.Raw.WatchUV && f.Bots > 0 {
			t.Errorf("show %s: %d bots changed nothing", show.ID, f.Bots)
		}
	}
	if bots == 0 {
		t.Error("nobody is flagged: this test proves nothing")
	}
	// What a figure was before a flag, by the place of the flag.
	show := w.shows[0]
	for _, e := range w.entries {
		if e.Event.Show != show.ID || e.Event.Kind != "bot_flagged" || e.Event.Rehearsal || e.Event.Person == "" {
			continue
		}
		before, err := db.FiguresBefore(t.Context(), show.Merchant, show, w.now.Add(time.Hour), e.Position)
		if err != nil {
			t.Fatal(err)
		}
		if before.Bots != 0 || before.Traffic != before.Raw {
			t.Errorf("before the first flag there are %d bots", before.Bots)
		}
		return
	}
	t.Error("no flag")
}
