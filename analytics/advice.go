package analytics

import (
	"fmt"
	"time"

	"showrunner/live"
)

// dropMinutes is the span over which people are counted as leaving.
const dropMinutes = 5

// both formats a text in either language from the same parts.
func both(zh, en string, parts ...any) Told {
	return Told{fmt.Sprintf(zh, parts...), fmt.Sprintf(en, parts...)}
}

// name is what people call a product.
func (p *Product) name() string {
	if p.Title != "" {
		return string(p.Product) + " " + p.Title
	}
	return string(p.Product)
}

// in is the money of a product in a currency.
func (p *Product) in(c live.Currency) ProductMoney {
	for _, m := range p.Money {
		if m.Currency == c {
			return m
		}
	}
	return ProductMoney{Currency: c}
}

// foremost is the product for which a weight is largest, or nil where none has any.
func (f *Figures) foremost(weight func(*Product) int64) *Product {
	var out *Product
	var most int64
	for i := range f.Products {
		if w := weight(&f.Products[i]); w > most {
			out, most = &f.Products[i], w
		}
	}
	return out
}

// count is how often the host gave commands of some kinds.
func (f *Figures) count(kinds ...live.Kind) (n int) {
	for i := range f.Commands {
		for _, k := range kinds {
			if f.Commands[i].Kind == k {
				n++
			}
		}
	}
	return n
}

func adviseEntry(f *Figures, _ *Reading) (suggestion, evidence Told) {
	return both("更换封面与标题，投放时对准来过的人群", "change cover and title, and show the room to people like those who came"),
		both("直播间被展示 %[1]d 次，进入 %[2]d 次", "the room was shown %[1]d times and entered %[2]d times", f.Traffic.RoomExposurePV, f.Traffic.WatchPV)
}

func adviseReach(f *Figures, _ *Reading) (suggestion, evidence Told) {
	suggestion = both("开播前在社群与关注者中预告，补足来得少的渠道", "announce the show in groups and to followers before it, and feed the channels that brought few")
	var most Source
	for _, s := range f.Sources {
		if s.WatchUV > most.WatchUV {
			most = s
		}
	}
	return suggestion, both("%[1]d 个渠道带来 %[2]d 位观众，其中 %[3]d 位来自 %[4]s", "%[1]d channels brought %[2]d viewers, %[3]d of them came by %[4]s",
		len(f.Sources), f.Traffic.WatchUV, most.WatchUV, most.Channel)
}

// adviseWatching finds the five minutes in which most people left, and the last
// command before them.
func adviseWatching(f *Figures, _ *Reading) (suggestion, evidence Told) {
	suggestion = both("复看流失最快的几分钟，换掉当时的环节或缩短它", "look at the minutes in which most people left, and change or shorten what was on then")
	var worst int64
	var at time.Time
	for i := range f.Minutes {
		a := &f.Minutes[i]
		for j := i + 1; j < len(f.Minutes) && f.Minutes[j].T.Sub(a.T) <= dropMinutes*time.Minute; j++ {
			if drop := a.Online - f.Minutes[j].Online; f.Minutes[j].T.Sub(a.T) == dropMinutes*time.Minute && drop > worst {
				worst, at = drop, a.T
			}
		}
	}
	if worst == 0 {
		return suggestion, both("每 %[1]d 分钟的在线人数都没有下降", "in no %[1]d minutes there were fewer people online than before", dropMinutes)
	}
	last := "–"
	for i := range f.Commands {
		if m := &f.Commands[i]; !m.At.After(at) {
			if last = string(m.Kind); m.Product != "" {
				last += " " + string(m.Product)
			}
		}
	}
	return suggestion, both("%[1]s 起 %[2]d 分钟内在线减少 %[3]d 人，此前最后的指令是 %[4]s", "from %[1]s on %[3]d people left within %[2]d minutes; the last command before was %[4]s",
		Stamp(at), dropMinutes, worst, last)
}

func adviseTalk(f *Figures, _ *Reading) (suggestion, evidence Told) {
	gifts := f.count(live.CouponDropped, live.RedPacketDropped, live.LuckyDrawOpened)
	return both("用提问、抽奖或发券带动互动，并点名回复评论", "start conversation by questions, draws or coupons, and answer comments by name"),
		both("%[1]d 位观众中 %[2]d 位评论、%[3]d 位有互动；全场发券、红包与抽奖共 %[4]d 次", "of %[1]d viewers %[2]d commented and %[3]d interacted; coupons, red packets and draws were given %[4]d times",
			f.Traffic.WatchUV, f.Traffic.CommentUV, f.Traffic.InteractUV, gifts)
}

func adviseFollow(f *Figures, _ *Reading) (suggestion, evidence Told) {
	return both("在人最多时说明关注的好处，把优惠留给关注者", "say what following is good for when most people are there, and keep a benefit for followers"),
		both("%[1]d 位观众中净增粉丝 %[2]d 位，在线最多时有 %[3]d 人", "of %[1]d viewers %[2]d follow now; at the peak %[3]d were online", f.Traffic.WatchUV, f.Traffic.FollowNet, f.Traffic.PeakOnline)
}

// adviseClick names the product that was shown most without being clicked.
func adviseClick(f *Figures, _ *Reading) (suggestion, evidence Told) {
	suggestion = both("更换该商品的主图与卖点，或把讲解时间让给点击更高的商品", "change the picture and the pitch of the product, or give its time to one that is clicked more")
	p := f.foremost(func(p *Product) int64 { return p.ExposurePV - p.ClickPV })
	if p == nil {
		return suggestion, both("商品曝光 %[1]d 次，点击 %[2]d 次", "products were shown %[1]d times and clicked %[2]d times", f.Traffic.ProductExposurePV, f.Traffic.ProductClickPV)
	}
	return suggestion, both("%[1]s 曝光 %[2]d 次，点击 %[3]d 次，讲解 %[4]d 次；全部商品曝光 %[5]d 次，点击 %[6]d 次",
		"%[1]s was shown %[2]d times, clicked %[3]d times and pinned %[4]d times; all products were shown %[5]d times and clicked %[6]d times",
		p.name(), p.ExposurePV, p.ClickPV, p.Pins, f.Traffic.ProductExposurePV, f.Traffic.ProductClickPV)
}

// adviseOrder names the product with most clicks that no order followed.
func adviseOrder(f *Figures, r *Reading) (suggestion, evidence Told) {
	suggestion = both("核对该商品的价格、规格与库存，讲清优惠后再上链接", "look at price, variants and stock of the product, and make the offer plain before it is linked")
	p := f.foremost(func(p *Product) int64 { return p.ClickPV - p.in(r.Money.Currency).SKUOrdersPaid })
	if p == nil {
		return suggestion, both("商品点击 %[1]d 次，支付 %[2]d 笔", "products were clicked %[1]d times and paid for %[2]d times", f.Traffic.ProductClickPV, r.Money.SKUOrdersPaid)
	}
	m := p.in(r.Money.Currency)
	return suggestion, both("%[1]s 被点击 %[2]d 次，下单 %[3]d 笔，支付 %[4]d 笔", "%[1]s was clicked %[2]d times, ordered %[3]d times and paid for %[4]d times", p.name(), p.ClickPV, m.SKUOrders, m.SKUOrdersPaid)
}

func advisePay(_ *Figures, r *Reading) (suggestion, evidence Told) {
	m := &r.Money
	return both("下单后口头提醒付款，客服跟进未支付的订单", "remind people to pay after they ordered, and have agents follow unpaid orders"),
		both("下单 %[1]d 笔，支付 %[2]d 笔，超时取消 %[3]d 笔", "%[1]d orders were made, %[2]d paid and %[3]d cancelled because nobody paid in time", m.Orders, m.OrdersPaid, m.CancelledTimeout)
}

// adviseValue names the rung of the funnel that most people did not get past.
func adviseValue(f *Figures, r *Reading) (suggestion, evidence Told) {
	suggestion = both("先改善流失最多的一环，再加流量", "mend the step at which most people are lost before more are brought in")
	var lost int64
	var from, to FunnelStep
	for i := 1; i < len(f.Funnel.Steps); i++ {
		if a, b := f.Funnel.Steps[i-1], f.Funnel.Steps[i]; a.Key != "room_exposed" && a.UV-b.UV > lost {
			lost, from, to = a.UV-b.UV, a, b
		}
	}
	if lost == 0 {
		return suggestion, both("%[1]d 位观众，%[2]d 位买家", "%[1]d viewers, %[2]d buyers", f.Traffic.WatchUV, r.Money.Buyers)
	}
	return Told{suggestion.ZH, suggestion.EN}, Told{
		fmt.Sprintf("%s %d 人，%s %d 人，此环流失 %d 人；买家 %d 人", funnelNames[from.Key][0], from.UV, funnelNames[to.Key][0], to.UV, lost, r.Money.Buyers),
		fmt.Sprintf("%d %s and %d %s: %d were lost there; %d bought", from.UV, funnelNames[from.Key][1], to.UV, funnelNames[to.Key][1], lost, r.Money.Buyers),
	}
}

func adviseBasket(_ *Figures, r *Reading) (suggestion, evidence Told) {
	m := &r.Money
	return both("搭配组合与满减，引导一单多件", "offer bundles and a discount above a threshold, so that one order takes more pieces"),
		both("%[1]d 位买家支付 %[2]d 件，共 %[3]d 笔订单", "%[1]d buyers paid for %[2]d pieces in %[3]d orders", m.Buyers, m.ItemsPaid, m.OrdersPaid)
}

// adviseRefund names the product most money went back for.
func adviseRefund(f *Figures, r *Reading) (suggestion, evidence Told) {
	suggestion = both("核对该商品的宣传与质量，把退款原因写进下一场简报", "hold what was said of the product against what it is, and put the reasons into the brief of the next show")
	p := f.foremost(func(p *Product) int64 { return p.in(r.Money.Currency).Refunded })
	if p == nil {
		return suggestion, both("%[1]d 笔支付订单中 %[2]d 笔有退款", "of %[1]d paid orders %[2]d had a refund", r.Money.OrdersPaid, r.Money.OrdersRefunded)
	}
	m := p.in(r.Money.Currency)
	return suggestion, both("%[1]s 退款 %[2]s %[3]s，支付 %[2]s %[4]s；全场 %[5]d 笔订单有退款",
		"%[1]s: %[2]s %[3]s went back of %[2]s %[4]s paid; %[5]d orders of the show had a refund",
		p.name(), m.Currency, amount(m.Refunded, m.Currency), amount(m.Paid, m.Currency), r.Money.OrdersRefunded)
}

func adviseStock(f *Figures, r *Reading) (suggestion, evidence Told) {
	return both("开播前核对平台库存，并留出安全余量", "hold the stock against the platform's before the show, and keep a reserve"),
		both("%[1]d 笔订单因超卖取消，全场放库存 %[2]d 次", "%[1]d orders were cancelled as oversold; stock was released %[2]d times", r.Money.CancelledOversold, f.count(live.StockReleased))
}

// amount prints minor units as a decimal number.
func amount(minor int64, c live.Currency) string {
	sign, digits := "", c.Exponent()
	s := fmt.Sprint(minor)
	if minor < 0 {
		sign, s = "-", s[1:]
	}
	if digits == 0 {
		return sign + s
	}
	for len(s) <= digits {
		s = "0" + s
	}
	return sign + s[:len(s)-digits] + "." + s[len(s)-digits:]
}
