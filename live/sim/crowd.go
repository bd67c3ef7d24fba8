package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// sources are the ways into the room with their share of the arrivals, the
// median stay and the appetite to buy, all relative to a recommendation feed.
// The names are those of the channel vocabulary.
var sources = []struct {
	channel  string
	share    float64
	stay     time.Duration // median
	appetite float64
	paid     bool
}{
	{"recommend_feed", 28, 100 * time.Second, 0.7, false},
	{"short_video", 22, 150 * time.Second, 0.9, false},
	{"qianchuan", 14, 120 * time.Second, 0.9, true},
	{"follow_tab", 13, 260 * time.Second, 1.5, false},
	{"group", 9, 320 * time.Second, 2.1, false},
	{"search", 6, 200 * time.Second, 1.5, false},
	{"share", 4, 180 * time.Second, 1.2, false},
	{"mall", 2, 160 * time.Second, 1.4, false},
	{"other", 2, 60 * time.Second, 0.3, false},
}

var (
	names = []string{
		"小鹿", "阿杰", "晓雯", "老王在路上", "橘子汽水", "Mia", "大力水手", "小米粥", "Leo", "南风", "momo", "桃桃",
		"Grace L.", "江湖夜雨", "七七", "Ben", "一颗柠檬", "豆豆妈妈", "Sophie", "山有木兮", "Kevin C.", "晚安喵", "Anna", "云朵",
	}
	campaigns = []string{"summer-sale", "new-fans", "retarget-7d"}
)

// people draws the crowd: arrivals follow the traffic of the show, stays a
// log-normal law around the source's median.
func (s *Script) people(pins []pin) {
	d := s.dice(forCrowd, 0)
	curve := tableOf(s.traffic(pins))
	shares := make([]float64, len(sources))
	for i := range sources {
		shares[i] = sources[i].share
	}
	bySource := tableOf(shares)
	last := s.Length - s.Length/20
	for range s.Viewers {
		src := sources[d.weighted(bySource)]
		p := Person{Name: pick(d, names), Channel: src.channel}
		if src.paid {
			p.Campaign = pick(d, campaigns)
		}
		second := d.weighted(curve)
		p.Arrive = min(time.Duration(second)*time.Second+d.between(0, time.Second), last)
		stay := time.Duration(float64(src.stay) * math.Exp(0.8*d.NormFloat64()))
		p.Leave = min(p.Arrive+max(stay, 5*time.Second), s.Length)
		s.People = append(s.People, p)
	}
	slices.SortStableFunc(s.People, func(a, b Person) int { return cmp.Compare(a.Arrive, b.Arrive) })
	for i := range s.People {
		s.People[i].Key = fmt.Sprintf("p%05d", i+1)
	}
	// The first arrivals watch; a few more of them never hurt, a hundred would
	// only repeat what ten have seen.
	for i := range min(max(1, s.Viewers/20), 10) {
		s.People[i].Watches, s.People[i].Leave = true, s.Length
	}
	// One in two thousand is a spammer, and there is always one in a crowd.
	if s.Viewers >= 20 {
		for n := range 1 + s.Viewers/2000 {
			i := s.Viewers/4 + n*(s.Viewers/2)/(1+s.Viewers/2000)
			p := &s.People[i]
			if !p.Watches {
				p.Spams, p.Leave = true, min(p.Arrive+s.Length/3, s.Length)
			}
		}
	}
}

// traffic is the relative number of arrivals in each second: a ramp, a plateau
// with a decaying peak behind every pin, and a fall in the last tenth.
func (s *Script) traffic(pins []pin) []float64 {
	seconds := int(s.Length / time.Second)
	curve := make([]float64, seconds)
	for i := range curve {
		x := float64(i) / float64(seconds)
		w := math.Min(1, 0.25+x/0.15)
		if x > 0.85 {
			w *= math.Max(0.1, (1-x)/0.15)
		}
		for _, p := range pins {
			if since := float64(i) - p.at.Seconds(); since >= 0 && since < 120 {
				w *= 1 + 0.9*p.appeal*math.Exp(-since/25)
			}
		}
		curve[i] = w
	}
	return curve
}

// appetite is how much likelier than from a feed a person of the channel buys.
func appetite(channel string) float64 {
	for _, src := range sources {
		if src.channel == channel {
			return src.appetite
		}
	}
	return 1
}
