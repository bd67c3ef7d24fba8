package bots

import "slices"

// network is who entered from one of late, each with their newest entry.
type network struct {
	queue []visit         // in the order of entry; with last, those that are newer elsewhere in it are stale
	last  map[int32]int64 // unix ms by person, once there are many; nil: each is in queue once
}

// visit is an entry of a person at an instant in unix ms.
type visit struct {
	at  int64
	who int32
}

// fewOnNetwork is up to how many are looked for one by one.
const fewOnNetwork = 2 * mostOnNetwork

// size is how many persons there are.
func (n *network) size() int {
	if n.last != nil {
		return len(n.last)
	}
	return len(n.queue)
}

// enter notes an entry.
func (n *network) enter(who int32, at int64) {
	if n.last == nil {
		n.queue = slices.DeleteFunc(n.queue, func(v visit) bool { return v.who == who })
		if len(n.queue) >= fewOnNetwork {
			n.last = make(map[int32]int64, len(n.queue)+1)
			for _, v := range n.queue {
				n.last[v.who] = v.at
			}
		}
	}
	if n.last != nil {
		if n.last[who] == at {
			return // Twice at an instant: it stands in queue with it.
		}
		n.last[who] = at
	}
	n.queue = append(n.queue, visit{at, who})
}

// forget leaves out who entered last too long before an instant.
func (n *network) forget(at int64) {
	for len(n.queue) > 0 {
		v := n.queue[0]
		stale := n.last != nil && n.last[v.who] != v.at
		if !stale && at-v.at <= networkWithin.Milliseconds() {
			break
		}
		if !stale {
			delete(n.last, v.who)
		}
		n.queue = n.queue[1:]
	}
}

// persons are who there is.
func (n *network) persons() []int32 {
	out := make([]int32, 0, n.size())
	for _, v := range n.queue {
		if n.last == nil || n.last[v.who] == v.at {
			out = append(out, v.who)
		}
	}
	return out
}
