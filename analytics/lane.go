package analytics

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"showrunner/live"
)

var errUnsorted = errors.New("orders do not come in ascending order of their ids")

// place is where a walk of orders stands: at an order, and within it at a
// currency or a show where the walk tells those apart.
type place struct {
	order live.OrderID
	part  string
}

func (p place) compare(x place) int {
	if c := strings.Compare(string(p.order), string(x.order)); c != 0 {
		return c
	}
	return strings.Compare(p.part, x.part)
}

// lane is one side of a walk over orders, read one by one. It refuses a side
// that is not sorted: sides walked together would silently miss each other.
type lane[T any] struct {
	name string // of the side, for errors
	next func() (T, error, bool)
	key  func(*T) place

	head T
	at   place
	ok   bool // there is a head
	done func()
}

// newLane begins a walk; close it.
func newLane[T any](name string, seq iter.Seq2[T, error], key func(*T) place) (*lane[T], error) {
	l := &lane[T]{name: name, key: key}
	l.next, l.done = iter.Pull2(seq)
	if err := l.step(true); err != nil {
		l.done()
		return nil, err
	}
	return l, nil
}

func (l *lane[T]) step(first bool) error {
	v, err, ok := l.next()
	if err != nil {
		return fmt.Errorf("read orders from %s: %w", l.name, err)
	}
	if l.ok = ok; !ok {
		return nil
	}
	at := l.key(&v)
	if !first && l.at.compare(at) >= 0 {
		return fmt.Errorf("read orders from %s: %w", l.name, errUnsorted)
	}
	l.head, l.at = v, at
	return nil
}

// front is where the lane stands, and whether it stands anywhere.
func (l *lane[T]) front() (place, bool) { return l.at, l.ok }

// take is what the lane says at a place, or nil, and goes on from there.
func (l *lane[T]) take(p place) (*T, error) {
	if !l.ok || l.at != p {
		return nil, nil //nolint:nilnil // A side may have nothing to say of an order.
	}
	v := l.head
	return &v, l.step(false)
}

func (l *lane[T]) close() { l.done() }

// foremost is the first place at which any lane stands.
func foremost(lanes ...interface{ front() (place, bool) }) (first place, ok bool) {
	for _, l := range lanes {
		if at, there := l.front(); there && (!ok || at.compare(first) < 0) {
			first, ok = at, true
		}
	}
	return first, ok
}

// side is one side of a walk before it begins.
type side[T any] struct {
	name string
	seq  iter.Seq2[T, error]
	key  func(*T) place
}

// walk reads three sides together and hands on what each says of a place, nil
// where it says nothing, in the order of the places.
func walk[A, B, C any](a side[A], b side[B], c side[C], at func(place, *A, *B, *C)) error {
	first, err := newLane(a.name, a.seq, a.key)
	if err != nil {
		return err
	}
	defer first.close()
	second, err := newLane(b.name, b.seq, b.key)
	if err != nil {
		return err
	}
	defer second.close()
	third, err := newLane(c.name, c.seq, c.key)
	if err != nil {
		return err
	}
	defer third.close()
	for {
		p, ok := foremost(first, second, third)
		if !ok {
			return nil
		}
		x, err := first.take(p)
		if err != nil {
			return err
		}
		y, err := second.take(p)
		if err != nil {
			return err
		}
		z, err := third.take(p)
		if err != nil {
			return err
		}
		at(p, x, y, z)
	}
}

// walkTwo is walk of two sides.
func walkTwo[A, B any](a side[A], b side[B], at func(*A, *B)) error {
	none := side[struct{}]{seq: func(func(struct{}, error) bool) {}}
	return walk(a, b, none, func(_ place, x *A, y *B, _ *struct{}) { at(x, y) })
}
