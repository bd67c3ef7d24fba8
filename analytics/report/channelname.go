package report

import (
	"strings"

	"showrunner/analytics"
)

// channelNames are the channels of [conversion.FlowOf] as people call them.
// A channel that somebody named is shown as it is named.
var channelNames = map[string]phrase{
	"paid":             {"付费流量", "ads"},
	"ads":              {"广告", "ads"},
	"boost":            {"加热", "boost"},
	"qianchuan":        {"千川", "Qianchuan ads"},
	"brand":            {"品牌广告", "brand ads"},
	"other_bidding":    {"其他竞价", "other bidding"},
	"organic":          {"自然流量", "organic"},
	"natural":          {"自然流量", "organic"},
	"public":           {"公域", "public"},
	"short_video":      {"短视频引流", "short video"},
	"recommend_feed":   {"推荐流", "recommended"},
	"live_square":      {"直播广场", "live square"},
	"nearby":           {"同城", "nearby"},
	"follow_tab":       {"关注", "following"},
	"search":           {"搜索", "search"},
	"profile":          {"个人主页", "profile"},
	"mall":             {"商城", "mall"},
	"activity_page":    {"活动页", "campaign page"},
	"other_recommend":  {"其他推荐", "recommended elsewhere"},
	"direct":           {"直接进入", "direct"},
	"live_room":        {"直播间", "live room"},
	"form":             {"表单", "form"},
	"shop":             {"店铺", "shop"},
	"private":          {"私域", "private"},
	"group":            {"社群", "group"},
	"contact":          {"好友", "contact"},
	"share":            {"分享", "shared link"},
	"service":          {"服务", "service"},
	"mini_program":     {"小程序", "mini program"},
	"official_account": {"公众号", "official account"},
	"qr_code":          {"二维码", "QR code"},
	"other":            {"其他", "other"},
	"unknown":          {"未知", "unknown"},
}

// channels prints the table of channels with their names.
func (p *printer) channels(t *analytics.Table) table {
	words, at := worded(*t, p.channel, "channel"), t.Column("channel")
	out := p.table(&words)
	for i := range out.Rows {
		out.Rows[i][at].Tip = t.Rows[i][at].Text
	}
	return out
}

// channel names both levels of a channel, such as "private/group".
func (p *printer) channel(key string) string {
	first, second, two := strings.Cut(key, "/")
	if !two {
		return p.name(channelNames, key)
	}
	return p.name(channelNames, first) + " / " + p.name(channelNames, second)
}
