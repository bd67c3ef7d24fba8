package report

import (
	"html/template"

	"showrunner/live"
)

// phrase is a label in both languages.
type phrase struct{ zh, en string }

// commandNames are the host's commands as people call them.
var commandNames = map[live.Kind]phrase{
	live.ShowStarted:           {"开播", "show started"},
	live.ShowPaused:            {"暂停", "show paused"},
	live.ShowResumed:           {"继续", "show resumed"},
	live.ShowEnded:             {"下播", "show ended"},
	live.ProductListed:         {"上架", "product listed"},
	live.ProductDelisted:       {"下架", "product delisted"},
	live.ProductPinned:         {"讲解", "product pinned"},
	live.ProductUnpinned:       {"取消讲解", "product unpinned"},
	live.PriceChanged:          {"改价", "price changed"},
	live.StockReleased:         {"放库存", "stock released"},
	live.AnnouncementPublished: {"公告", "announcement"},
	live.ExplainStarted:        {"开始讲解", "explanation started"},
	live.ExplainEnded:          {"结束讲解", "explanation ended"},
	live.HostShiftStarted:      {"主播上播", "host came on"},
	live.HostShiftEnded:        {"主播下播", "host went off"},
	live.FlashSaleScheduled:    {"预告秒杀", "flash sale announced"},
	live.FlashSaleStarted:      {"开始秒杀", "flash sale started"},
	live.FlashSaleEnded:        {"结束秒杀", "flash sale ended"},
	live.CouponDropped:         {"发券", "coupon dropped"},
	live.CouponDropEnded:       {"停止发券", "coupon stopped"},
	live.RedPacketDropped:      {"发红包", "red packet dropped"},
	live.RedPacketClosed:       {"红包结束", "red packet closed"},
	live.LuckyDrawOpened:       {"开启抽奖", "draw opened"},
	live.LuckyDrawDrawn:        {"开奖", "draw held"},
	live.LuckyDrawCancelled:    {"取消抽奖", "draw cancelled"},
}

var stageNames = map[string]phrase{
	string(live.StageLead):    {"引流", "lead"},
	string(live.StageNurture): {"蓄客", "nurture"},
	string(live.StageConvert): {"转化", "convert"},
	string(live.StageRetain):  {"留存", "retain"},
}

var stateNames = map[live.ShowState]phrase{
	live.ShowStateScheduled: {"未开播", "scheduled"},
	live.ShowStateLive:      {"直播中", "live"},
	live.ShowStatePaused:    {"暂停中", "paused"},
	live.ShowStateEnded:     {"已结束", "ended"},
	live.ShowStateSettled:   {"已结算", "settled"},
}

var modelNames = map[string]phrase{
	"first":  {"首次触点", "first touch"},
	"last":   {"末次触点", "last touch"},
	"linear": {"线性", "linear"},

	"last_non_direct": {"末次非直接触点", "last non-direct touch"},
	"position":        {"首末加权 40/20/40", "position 40/20/40"},
	"time_decay":      {"时间衰减", "time decay"},
}

// say prints a phrase as text: the language of the page, and in a Chinese page
// the English beside it.
func (p *printer) say(x phrase) string {
	switch {
	case p.english || x.zh == "":
		return x.en
	case x.en == "":
		return x.zh
	}
	return x.zh + " " + x.en
}

// label prints a phrase as markup: the second language small.
func (p *printer) label(zh, en string) template.HTML {
	if p.english || zh == "" {
		return template.HTML(template.HTMLEscapeString(en))
	}
	return template.HTML(template.HTMLEscapeString(zh) + ` <span class="en">` + template.HTMLEscapeString(en) + `</span>`)
}

// otherName is the column with the names that the page does not show.
func (p *printer) otherName() string {
	if p.english {
		return "name_zh"
	}
	return "name_en"
}

func (p *printer) command(k live.Kind) string {
	if x, ok := commandNames[k]; ok {
		return p.say(x)
	}
	return string(k)
}

// name prints a key that has a name in a dictionary, else the key itself.
func (p *printer) name(names map[string]phrase, key string) string {
	if x, ok := names[key]; ok {
		return p.say(x)
	}
	return key
}

// named is [printer.name] for a dictionary.
func (p *printer) named(names map[string]phrase) func(key string) string {
	return func(key string) string { return p.name(names, key) }
}
