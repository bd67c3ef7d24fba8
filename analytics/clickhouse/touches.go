package clickhouse

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"golang.org/x/sync/errgroup"

	"showrunner/conversion"
	"showrunner/live"
)

// Names tells under which names each of these persons was known as of an instant,
// the one that stands for them first; of nil, every name of everybody who had
// several. Who has one may be left out of the answer.
type Names func(ctx context.Context, m live.MerchantID, persons []live.PersonID, asOf time.Time) (map[live.PersonID][]live.PersonID, error)

// touchColumnsOf are the columns of touches that make a touchpoint; [readTouch] reads them.
const touchColumnsOf = `person_id, at, seq, idx, kind, stage, channel, campaign, show_id, product_id,
	rule, host_id, agent_id, agent_name, group_id, group_name, entry_id, referrer_id, cost_currency, cost`

func readTouch(scan scanner) (person live.PersonID, t conversion.Touchpoint, err error) {
	err = scan((*string)(&person), &t.At, &t.Position.Seq, &t.Position.Index, (*string)(&t.Kind), (*string)(&t.Stage),
		&t.Channel, &t.Campaign, (*string)(&t.Show), (*string)(&t.Product),
		&t.Rule, &t.Host, &t.Agent, &t.AgentName, &t.Group, &t.GroupName, &t.Entry, (*string)(&t.Referrer), (*string)(&t.CostCurrency), &t.Cost)
	t.At = t.At.UTC()
	return person, t, err
}

// personsAtOnce bounds the persons of one question: their names travel as one
// parameter.
const personsAtOnce = 5000

// Touches are the touches of some persons of a merchant with from <= at <= until
// that were received until asOf, by person, in no order. Who is another's other
// name is not looked up here.
func (db *DB) Touches(ctx context.Context, m live.MerchantID, persons []live.PersonID, from, until, asOf time.Time) (map[live.PersonID][]conversion.Touchpoint, error) {
	return db.touchesUpTo(ctx, m, persons, from, until, asOf, math.MaxInt64)
}

// touchesUpTo is [DB.Touches] of those who have at most so many together; more are
// refused as "too_many_journeys".
func (db *DB) touchesUpTo(ctx context.Context, m live.MerchantID, persons []live.PersonID, from, until, asOf time.Time, most int64) (map[live.PersonID][]conversion.Touchpoint, error) {
	out := make(map[live.PersonID][]conversion.Touchpoint, len(persons))
	var mu sync.Mutex // guards out
	var read atomic.Int64
	group, ctx := errgroup.WithContext(asOne(ctx))
	group.SetLimit(askedAtOnce)
	for some := range slices.Chunk(persons, personsAtOnce) {
		group.Go(func() error {
			list := touchList{place: make(map[live.PersonID]int32, len(some))}
			for i, p := range some {
				list.place[p] = int32(i)
			}
			err := db.rows(ctx, "touches", ch.Parameters{
				"merchant": string(m), "as_of": unixMilli(asOf), "from": unixMilli(from), "until": unixMilli(until), "persons": array(some),
			}, `SELECT `+touchColumnsOf+` FROM touches
			WHERE merchant_id = {merchant:String} AND person_id IN {persons:Array(String)} AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
			AND at BETWEEN fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND fromUnixTimestamp64Milli({until:Int64}, 'UTC')`,
				func(scan scanner) error {
					if read.Add(1) > most {
						return live.TooLarge("too_many_journeys", "from", "the buyers between from and to have more than %d touches: ask for less time or a shorter window", most)
					}
					person, t, err := readTouch(scan)
					list.add(person, t)
					return err
				})
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			list.into(out, some)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// touchList are touches as they come, of persons who are known before: those of
// all lie in few pieces of memory, not in one for each person, and none is moved
// before all are there.
type touchList struct {
	place map[live.PersonID]int32
	pages [][]conversion.Touchpoint // of pageTouches each, the last of fewer
	whose []int32
}

// pageTouches is how many touches lie side by side as they come: some 100 kB.
const pageTouches = 256

func (l *touchList) add(p live.PersonID, t conversion.Touchpoint) {
	if len(l.whose)%pageTouches == 0 {
		l.pages = append(l.pages, make([]conversion.Touchpoint, 0, pageTouches))
	}
	last := &l.pages[len(l.pages)-1]
	*last, l.whose = append(*last, t), append(l.whose, l.place[p])
}

// into gives each person theirs, in the order in which they came.
func (l *touchList) into(out map[live.PersonID][]conversion.Touchpoint, persons []live.PersonID) {
	ends := make([]int, len(persons)+1)
	for _, i := range l.whose {
		ends[i+1]++
	}
	for i := range persons {
		ends[i+1] += ends[i]
	}
	next := slices.Clone(ends)
	sorted := make([]conversion.Touchpoint, len(l.whose))
	for n, i := range l.whose {
		sorted[next[i]] = l.pages[n/pageTouches][n%pageTouches]
		next[i]++
	}
	for i, p := range persons {
		if from, to := ends[i], ends[i+1]; from < to {
			out[p] = sorted[from:to:to]
		}
	}
}

func unixMilli(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// array writes a parameter of the type Array(String).
func array[T ~string](list []T) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\'')
		b.WriteString(escape.Replace(string(s)))
		b.WriteByte('\'')
	}
	b.WriteByte(']')
	return b.String()
}

var escape = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// walk gives journeys of one merchant the touches of their buyers, ascending; more
// than so many in all are refused. Journeys of one person may share memory.
func (db *DB) walk(ctx context.Context, m live.MerchantID, journeys []conversion.Journey, asOf time.Time, window time.Duration, most int64) error {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	var persons []live.PersonID
	seen := map[live.PersonID]bool{"": true}
	for i := range journeys {
		j := &journeys[i]
		first, last = min(first, j.At.UnixMilli()), max(last, j.At.UnixMilli())
		if !seen[j.Person] {
			seen[j.Person] = true
			persons = append(persons, j.Person)
		}
	}
	if window > 0 {
		first -= window.Milliseconds()
	} else {
		first = 0
	}
	var names map[live.PersonID][]live.PersonID
	all := persons
	if db.cfg.Names != nil && len(persons) > 0 {
		var err error
		if names, err = db.cfg.Names(ctx, m, persons, asOf); err != nil {
			return err
		}
		all = slices.Clone(persons)
		for _, p := range persons {
			for _, other := range names[p] {
				if !seen[other] {
					seen[other] = true
					all = append(all, other)
				}
			}
		}
	}
	touches, err := db.touchesUpTo(ctx, m, all, time.UnixMilli(first), time.UnixMilli(last), asOf, most)
	if err != nil {
		return err
	}
	if err := db.hosted(ctx, m, touches, asOf); err != nil {
		return err
	}
	if err := db.referred(ctx, m, touches, asOf); err != nil {
		return err
	}
	for i := range journeys {
		j := &journeys[i]
		if j.Person == "" {
			continue
		}
		j.Touches = touches[j.Person]
		if group := names[j.Person]; len(group) > 0 {
			j.Person, j.Touches = group[0], nil
			for _, name := range group {
				j.Touches = append(j.Touches, touches[name]...)
			}
		}
		j.Touches = slices.Clip(j.Within(window)) // Links of their own earn nothing, under whatever name.
	}
	return nil
}

// referred gives those who sent a person the name that stands for them.
func (db *DB) referred(ctx context.Context, m live.MerchantID, touches map[live.PersonID][]conversion.Touchpoint, asOf time.Time) error {
	var senders []live.PersonID
	for _, list := range touches {
		for i := range list {
			if r := list[i].Referrer; r != "" {
				senders = append(senders, r)
			}
		}
	}
	one, err := db.oneName(ctx, m, senders, asOf)
	if err != nil {
		return err
	}
	for _, list := range touches {
		for i := range list {
			list[i].Referrer = one(list[i].Referrer)
		}
	}
	return nil
}

// hosted says of the touches inside shows which host was on air, as far as the
// fact itself names none.
func (db *DB) hosted(ctx context.Context, m live.MerchantID, touches map[live.PersonID][]conversion.Touchpoint, asOf time.Time) error {
	var shows []live.ShowID
	seen := map[live.ShowID]bool{"": true}
	for _, list := range touches {
		for i := range list {
			if s := list[i].Show; !seen[s] && list[i].Host == "" {
				seen[s] = true
				shows = append(shows, s)
			}
		}
	}
	shifts := map[live.ShowID][]shift{}
	for some := range slices.Chunk(shows, personsAtOnce) {
		err := db.rows(ctx, "shifts of hosts", ch.Parameters{"merchant": string(m), "as_of": unixMilli(asOf), "shows": array(some)},
			`SELECT show_id, kind = 'host_shift_started', occurred_at, JSONExtractString(props, 'host_id') FROM events
			WHERE merchant_id = {merchant:String} AND show_id IN {shows:Array(String)} AND kind IN ('host_shift_started', 'host_shift_ended')
			AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') ORDER BY occurred_at, seq, idx`,
			func(scan scanner) error {
				var show string
				var began uint8
				var s shift
				if err := scan(&show, &began, &s.from, &s.host); err != nil {
					return err
				}
				if began == 0 {
					s.host = ""
				}
				shifts[live.ShowID(show)] = append(shifts[live.ShowID(show)], s)
				return nil
			})
		if err != nil {
			return err
		}
	}
	for _, list := range touches {
		for i := range list {
			if t := &list[i]; t.Host == "" {
				t.Host = onAir(shifts[t.Show], t.At)
			}
		}
	}
	return nil
}

// onAir is whose shift it was at an instant.
func onAir(shifts []shift, at time.Time) (host string) {
	for _, s := range shifts {
		if s.from.After(at) {
			break
		}
		host = s.host
	}
	return host
}

// shift is from when on a host is on air; no host: nobody is.
type shift struct {
	from time.Time
	host string
}
