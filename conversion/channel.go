package conversion

import "strings"

// Flow says whose traffic it was: bought, given by the platform, or our own.
type Flow string

// Flows.
const (
	FlowPaid    Flow = "paid"
	FlowOrganic Flow = "organic"
	FlowPrivate Flow = "private"
	// FlowOther is what no list names. It stays visible and is never counted
	// as organic: it may be advertising that somebody hides.
	FlowOther Flow = "other"
)

// flows is the vocabulary of channels.
//
// Source: the natural sources of Douyin's live dashboard, its paid ones, the
// flow types of WeChat Channels.
var flows = map[string]Flow{
	"paid": FlowPaid, ChannelAds: FlowPaid, "boost": FlowPaid, "qianchuan": FlowPaid, "brand": FlowPaid, "other_bidding": FlowPaid,

	"organic": FlowOrganic, "natural": FlowOrganic, "public": FlowOrganic, "short_video": FlowOrganic, "recommend_feed": FlowOrganic,
	"live_square": FlowOrganic, "nearby": FlowOrganic, "follow_tab": FlowOrganic, "search": FlowOrganic, "profile": FlowOrganic,
	"mall": FlowOrganic, "activity_page": FlowOrganic, ChannelFeed: FlowOrganic, ChannelDirect: FlowOrganic, ChannelLiveRoom: FlowOrganic,
	ChannelForm: FlowOrganic, ChannelShop: FlowOrganic,

	"private": FlowPrivate, ChannelGroup: FlowPrivate, ChannelContact: FlowPrivate, ChannelShare: FlowPrivate, ChannelService: FlowPrivate,
	"mini_program": FlowPrivate, "official_account": FlowPrivate, "qr_code": FlowPrivate,
}

// Levels are the two levels of a channel: what stands before and after the
// slash of "private/group". Of a channel of one level the first is its flow.
func Levels(channel string) (first, second string) {
	if first, second, ok := strings.Cut(channel, "/"); ok {
		return first, second
	}
	return string(FlowOf(channel)), channel
}

// FlowOf is whose traffic a channel brings: what its first level says, or else
// its second.
func FlowOf(channel string) Flow {
	first, second, _ := strings.Cut(strings.ToLower(channel), "/")
	for _, name := range []string{first, second} {
		if f, ok := flows[name]; ok {
			return f
		}
	}
	return FlowOther
}
