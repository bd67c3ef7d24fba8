package attribution

import (
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// StageShare is what one link of the chain earned, and what earned inside it: one
// list for each key that was asked for, as [Result.ByOf] has it.
type StageShare struct {
	Share
	By [][]Share
}

// Stages divides the value of every journey as [Plan.Attribute] does and keeps of
// it, by currency, what the links of the chain earned that earned anything, along
// the chain. It holds sums alone, whatever the journeys are.
func (p Plan) Stages(journeys []conversion.Journey, keys ...Key) map[live.Currency][]StageShare {
	if p.Cycles {
		journeys = conversion.Cycles(journeys)
	}
	sums := map[live.Currency]map[string]*stageSum{}
	for i := range journeys {
		j := &journeys[i]
		of := sums[j.Currency]
		if of == nil {
			of = map[string]*stageSum{}
			sums[j.Currency] = of
		}
		touches, weights := p.Weigh(j)
		for k, minor := range live.SplitMinor(j.Value, weights) {
			if weights[k] <= 0 {
				continue
			}
			s := of[string(touches[k].Stage)]
			if s == nil {
				s = newStageSum(len(keys))
				of[string(touches[k].Stage)] = s
			}
			s.stage.add(i, minor)
			for n, key := range keys {
				s.by[n].of(key(&touches[k])).add(i, minor)
			}
		}
	}
	out := make(map[live.Currency][]StageShare, len(sums))
	for currency, of := range sums {
		list := make([]StageShare, 0, len(of))
		for name, s := range of {
			s.stage.Key = name
			list = append(list, s.share())
		}
		slices.SortFunc(list, func(a, b StageShare) int { return byStage(&a.Share, &b.Share) })
		out[currency] = list
	}
	return out
}

// stageSum gathers one link of the chain.
type stageSum struct {
	stage keySum
	by    []keySums
}

func newStageSum(keys int) *stageSum {
	s := &stageSum{stage: keySum{last: -1}, by: make([]keySums, keys)}
	for i := range s.by {
		s.by[i] = keySums{}
	}
	return s
}

func (s *stageSum) share() StageShare {
	out := StageShare{Share: s.stage.Share}
	for _, sums := range s.by {
		out.By = append(out.By, sums.shares())
	}
	return out
}
