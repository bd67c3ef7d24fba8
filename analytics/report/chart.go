package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// Size of a chart in SVG units, and the room around the plot.
const (
	chartWidth  = 1120
	chartHeight = 270
	padLeft     = 84
	padRight    = 16
	padTop      = 34
	padBottom   = 30
	// maxPoints bounds the bars of a chart; longer shows join minutes.
	maxPoints = 240
)

// chart is the geometry of one chart over the time on air. The template draws it.
type chart struct {
	Width, Height  int
	Left, Right    int
	Top, Bottom    int
	Unit           string // of the values, may be empty
	YTicks, XTicks []tick
	Bars           []bar
	Line, Area     string // points of the polyline and of the area under it
	Points         []bar  // invisible targets that carry the tooltips of the line
	Marks          []mark
}

type tick struct {
	At    string
	Label string
}

type bar struct {
	X, Y, W, H string
	Tip        string
}

// mark is a host command on the time axis; Number refers to the list of commands.
type mark struct {
	X      string
	Number int
	Class  string
	Tip    string
	Label  bool
}

// series is one value per slot of the time axis.
type series struct {
	slots []slot
	width time.Duration
}

type slot struct {
	at              time.Time
	paid            int64
	entered, online int64
	orders          int64
}

// slots joins the minutes on air into at most maxPoints. Money and entries add
// up; persons online do not, of these a slot shows the largest minute.
func slots(r *analytics.Report) series {
	minutes := r.Figures.OnAir(r.Show)
	join := (len(minutes) + maxPoints - 1) / maxPoints
	s := series{width: time.Duration(join) * time.Minute}
	for i, m := range minutes {
		if i%join == 0 {
			s.slots = append(s.slots, slot{at: m.T})
		}
		x := &s.slots[len(s.slots)-1]
		for _, c := range m.Money {
			if c.Currency == r.Show.Currency {
				x.paid += c.Paid
			}
		}
		x.entered += m.Entered
		x.orders += m.Paid
		x.online = max(x.online, m.Online)
	}
	return s
}

func blank() chart {
	return chart{
		Width: chartWidth, Height: chartHeight, Left: padLeft, Right: chartWidth - padRight,
		Top: padTop, Bottom: chartHeight - padBottom,
	}
}

// x places a slot on the axis.
func (s *series) x(i float64) float64 {
	return padLeft + i*float64(chartWidth-padLeft-padRight)/float64(len(s.slots))
}

// y places a value under a top.
func y(v, top int64) float64 {
	return float64(chartHeight-padBottom) - float64(v)*float64(chartHeight-padTop-padBottom)/float64(top)
}

// px prints a coordinate; one decimal keeps files small and bytes stable.
func px(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// niceTop is the step of about four gridlines and the top of the axis, which is
// a multiple of it: 1, 2 or 5 times a power of ten.
func niceTop(most int64) (step, top int64) {
	step = 1
	for i := 0; most > step*5; i++ {
		step = step * []int64{2, 5, 10}[i%3] / []int64{1, 2, 5}[i%3]
	}
	return step, max((most+step-1)/step, 1) * step
}

func (c *chart) axes(s *series, p *printer, most int64, label func(int64) string) (top int64) {
	step, top := niceTop(most)
	for v := int64(0); v <= top; v += step {
		c.YTicks = append(c.YTicks, tick{px(y(v, top)), label(v)})
	}
	total := s.width * time.Duration(len(s.slots))
	every := time.Minute
	for _, e := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour} {
		every = e
		if total/e <= 12 {
			break
		}
	}
	for i, x := range s.slots {
		_, offset := x.at.In(p.zone).Zone()
		if (x.at.Unix()+int64(offset))%int64(every/time.Second) < int64(s.width/time.Second) {
			c.XTicks = append(c.XTicks, tick{px(s.x(float64(i) + 0.5)), p.clock(x.at, "15:04")})
		}
	}
	return top
}

// gmvChart shows the money paid in each minute with the host's commands on it.
func gmvChart(r *analytics.Report, s *series, p *printer) chart {
	c := blank()
	c.Unit = string(r.Show.Currency)
	var most int64
	for _, x := range s.slots {
		most = max(most, x.paid)
	}
	top := c.axes(s, p, most, func(v int64) string { return money(v, r.Show.Currency) })
	w := s.x(1) - s.x(0)
	for i, x := range s.slots {
		if x.paid <= 0 {
			continue
		}
		h := y(0, top) - y(x.paid, top)
		c.Bars = append(c.Bars, bar{
			px(s.x(float64(i)) + w*0.1), px(y(x.paid, top)), px(max(w*0.8, 0.5)), px(h),
			fmt.Sprintf("%s · %s %s · %d", p.clock(x.at, "15:04"), r.Show.Currency, money(x.paid, r.Show.Currency), x.orders),
		})
	}
	c.Marks = marks(r, s, p)
	return c
}

// crowdChart shows the persons online as a line over the entries as bars.
func crowdChart(r *analytics.Report, s *series, p *printer) chart {
	c := blank()
	var most int64
	for _, x := range s.slots {
		most = max(most, x.online, x.entered)
	}
	top := c.axes(s, p, most, count)
	w := s.x(1) - s.x(0)
	var line strings.Builder
	for i, x := range s.slots {
		if x.entered > 0 {
			c.Bars = append(c.Bars, bar{
				px(s.x(float64(i)) + w*0.1), px(y(x.entered, top)), px(max(w*0.8, 0.5)), px(y(0, top) - y(x.entered, top)),
				fmt.Sprintf("%s · +%s", p.clock(x.at, "15:04"), count(x.entered)),
			})
		}
		mid := px(s.x(float64(i) + 0.5))
		fmt.Fprintf(&line, "%s,%s ", mid, px(y(x.online, top)))
		c.Points = append(c.Points, bar{mid, px(y(x.online, top)), "", "", fmt.Sprintf("%s · %s", p.clock(x.at, "15:04"), count(x.online))})
	}
	if n := len(s.slots); n > 0 {
		c.Line = strings.TrimSpace(line.String())
		c.Area = fmt.Sprintf("%s,%s %s %s,%s", px(s.x(0.5)), px(y(0, top)), c.Line, px(s.x(float64(n)-0.5)), px(y(0, top)))
	}
	c.Marks = marks(r, s, p)
	return c
}

// marks places the commands of the time on air. A number is drawn where the one
// before is far enough away to leave both readable.
func marks(r *analytics.Report, s *series, p *printer) []mark {
	if len(s.slots) == 0 {
		return nil
	}
	var out []mark
	end := s.slots[0].at.Add(s.width * time.Duration(len(s.slots)))
	lastLabel := -100.0
	for i, m := range r.Figures.Commands {
		if m.At.Before(s.slots[0].at) || !m.At.Before(end) {
			continue
		}
		x := s.x(float64(m.At.Sub(s.slots[0].at)) / float64(s.width))
		k := mark{X: px(x), Number: i + 1, Class: markClass(m.Kind), Label: x-lastLabel >= 18}
		if k.Label {
			lastLabel = x
		}
		k.Tip = fmt.Sprintf("#%d %s", i+1, p.mark(&m))
		out = append(out, k)
	}
	return out
}

// markClass groups commands by colour.
func markClass(k live.Kind) string {
	switch k {
	case live.ProductPinned, live.ProductUnpinned:
		return "pin"
	case live.PriceChanged, live.StockReleased, live.FlashSaleScheduled, live.FlashSaleStarted, live.FlashSaleEnded:
		return "offer"
	case live.CouponDropped, live.CouponDropEnded, live.RedPacketDropped, live.RedPacketClosed, live.LuckyDrawOpened, live.LuckyDrawDrawn, live.LuckyDrawCancelled:
		return "gift"
	case live.AnnouncementPublished:
		return "say"
	}
	return "show"
}

// mark says what a command was, when, and who gave it.
func (p *printer) mark(m *analytics.Mark) string {
	said := []string{p.clock(m.At, "15:04:05"), p.command(m.Kind), string(m.Product), m.Text, m.Actor}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · ")
}
