package clickhouse

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// clusterOlder brings two shards up to date that releases of before have filled,
// each with its merchants: rollups are what the facts say, figures what they were,
// and the tables of all have the columns of the shards.
func clusterOlder(t *testing.T, d *duo) {
	o := newOlder(t, 79, 1200)
	db := d.connect(t, fmt.Sprintf("t%d", databases.Add(1)))
	c, err := db.topology(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	servers, err := db.servers(c)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range servers {
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := db.fit(t.Context(), s, all); err != nil {
			t.Fatal(err)
		}
		theirs := fmt.Sprintf(shardKey+` %% %d = %d`, len(c.slots), i)
		for _, version := range []string{saidOnce, slim} {
			if err := s.apply(t.Context(), before(all, version), steps{}); err != nil {
				t.Fatal(err)
			}
			o.write(t, s, version, theirs)
		}
		if err := s.raiseFront(t.Context(), c.name, db.database); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	clean(t, db)
	o.counted(t, "two shards", db)
	names := columnsOf(t, servers[0], "events")
	if d := cmp.Diff(rowsOf(t, o.reference, "events", names...), rowsOf(t, plainOf(t, d.shards[1], db.database), "events", names...)); d != "" {
		t.Errorf("facts of all shards: -written today +by older releases\n%.2000s", d)
	}
	for i, s := range servers {
		if countOf(t, s, `SELECT toInt64(count()) FROM order_deltas`) == 0 {
			t.Errorf("the test has nothing on shard %d", i+1)
		}
	}
}
