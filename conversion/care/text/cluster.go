package text

import (
	"cmp"
	"container/heap"
	"slices"
)

// Doc is a text in terms, with the id it is known by.
type Doc struct {
	ID    string
	Terms []string
}

// Group is a set of texts each of which is like each other.
type Group struct {
	// IDs are sorted.
	IDs []string
	// Centre is the id of the text most like the others: the one to show.
	Centre string
	// Cohesion is how alike the two most different ones are, 1 for one alone.
	Cohesion float64
	// Terms are what holds the group together: what each gives to the likeness
	// of two of its texts on average, the weightiest first. Empty for one alone.
	Terms []Weight
}

// Cluster joins docs that are alike: complete link, so that in a group any two
// are alike by threshold (0 to 1] or more. Rarity of terms is taken from corpus;
// nil means from docs themselves. The order of docs changes nothing: ties go to
// the smaller ids. The largest group comes first, ties by id; a doc like no other
// is a group of one. Time and memory grow with the number of pairs that are
// alike, which is the square of docs at worst.
func Cluster(docs []Doc, corpus *Corpus, threshold float64) []Group {
	docs = slices.Clone(docs)
	slices.SortStableFunc(docs, func(a, b Doc) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), slices.Compare(slices.Sorted(slices.Values(a.Terms)), slices.Sorted(slices.Values(b.Terms))))
	})
	if corpus == nil {
		corpus = NewCorpus()
		for _, d := range docs {
			corpus.Add(d.Terms)
		}
	}
	vectors := make([][]Weight, len(docs))
	for i, d := range docs {
		vectors[i] = corpus.vector(d.Terms)
	}
	links := newLinks(vectors, threshold)
	for links.join() {
	}
	var groups []Group
	for _, members := range links.members {
		if members != nil {
			groups = append(groups, group(docs, vectors, members))
		}
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(len(b.IDs), len(a.IDs)), slices.Compare(a.IDs, b.IDs))
	})
	return groups
}

// links is the state of joining: which groups there are and how alike any two
// are that are alike enough. A group is known by its first member.
type links struct {
	members [][]int // sorted; nil for a group that was joined to another
	alike   []map[int]float64
	queue   pairs
}

func newLinks(vectors [][]Weight, threshold float64) *links {
	l := &links{members: make([][]int, len(vectors)), alike: make([]map[int]float64, len(vectors))}
	byTerm := map[string][]posting{}
	scores := make([]float64, len(vectors))
	for i, v := range vectors {
		l.members[i] = []int{i}
		l.alike[i] = map[int]float64{}
		var touched []int
		for _, w := range v {
			for _, p := range byTerm[w.Term] {
				if scores[p.doc] == 0 {
					touched = append(touched, p.doc)
				}
				scores[p.doc] += w.Weight * p.weight
			}
			byTerm[w.Term] = append(byTerm[w.Term], posting{i, w.Weight})
		}
		for _, j := range touched {
			if score := min(scores[j], 1); score >= threshold {
				l.link(j, i, score)
			}
			scores[j] = 0
		}
	}
	heap.Init(&l.queue)
	return l
}

// posting is where a term stands and what it weighs there.
type posting struct {
	doc    int
	weight float64
}

// link notes that groups a and b are alike by score.
func (l *links) link(a, b int, score float64) {
	l.alike[a][b], l.alike[b][a] = score, score
	l.queue = append(l.queue, pair{min(a, b), max(a, b), score})
}

// join joins the two groups that are most alike and reports whether there were
// any.
func (l *links) join() bool {
	for l.queue.Len() > 0 {
		p := heap.Pop(&l.queue).(pair)
		if score, ok := l.alike[p.a][p.b]; !ok || score != p.score {
			continue // one of the two has changed since
		}
		l.members[p.a] = slices.Sorted(slices.Values(append(l.members[p.a], l.members[p.b]...)))
		l.members[p.b] = nil
		delete(l.alike[p.a], p.b)
		// Who was like only one of the two is not like both.
		for other, score := range l.alike[p.a] {
			second, ok := l.alike[p.b][other]
			switch {
			case !ok:
				delete(l.alike[p.a], other)
				delete(l.alike[other], p.a)
			case second < score:
				l.alike[p.a][other], l.alike[other][p.a] = second, second
				heap.Push(&l.queue, pair{min(p.a, other), max(p.a, other), second})
			}
		}
		for other := range l.alike[p.b] {
			delete(l.alike[other], p.b)
		}
		l.alike[p.b] = nil
		return true
	}
	return false
}

// group describes the docs of a group.
func group(docs []Doc, vectors [][]Weight, members []int) Group {
	g := Group{Cohesion: 1}
	sum, squares := map[string]float64{}, map[string]float64{}
	best := -1.0
	for _, i := range members {
		g.IDs = append(g.IDs, docs[i].ID)
		var near float64
		for _, j := range members {
			score := compare(vectors[i], vectors[j]).Score
			near += score
			if i != j {
				g.Cohesion = min(g.Cohesion, score)
			}
		}
		if near > best {
			best, g.Centre = near, docs[i].ID
		}
		for _, w := range vectors[i] {
			sum[w.Term] += w.Weight
			squares[w.Term] += w.Weight * w.Weight
		}
	}
	for term, s := range sum {
		// The sum over pairs of the product of their weights, by the square of
		// the sum. A term of one doc alone leaves a rounding error.
		if shared := (s*s - squares[term]) / 2; shared > 1e-12 {
			g.Terms = append(g.Terms, Weight{term, shared / float64(len(members)*(len(members)-1)/2)})
		}
	}
	sortWeights(g.Terms)
	return g
}

// pair is two groups and how alike they were when it was queued.
type pair struct {
	a, b  int
	score float64
}

// pairs is a heap with the most alike first, ties to the smaller groups.
type pairs []pair

func (p pairs) Len() int      { return len(p) }
func (p pairs) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *pairs) Push(x any)   { *p = append(*p, x.(pair)) }
func (p *pairs) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}

func (p pairs) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(p[j].score, p[i].score), cmp.Compare(p[i].a, p[j].a), cmp.Compare(p[i].b, p[j].b)) < 0
}
