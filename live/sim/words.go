package sim

import "strings"

// words are what people write, by what they have in mind; {p} is the product
// in the foreground.
var words = struct{ greet, ask, praise, bought, spam []string }{
	greet: []string{
		"主播好！", "来了来了", "第一次来，先看看", "晚上好~", "hello from Kuala Lumpur", "Hi everyone 👋", "刚下班就来了",
		"前排围观", "朋友推荐来的", "good evening!", "又是准时来的一天",
	},
	ask: []string{
		"{p}有大一码的吗？", "{p}多少钱呀", "包邮吗？", "什么时候发货？", "敏感肌能用{p}吗", "{p}还有别的颜色吗？", "能开发票吗？",
		"七天无理由退吗", "身高165体重52穿什么码", "does {p} run true to size?", "do you ship to Singapore?", "how much is {p}?",
		"is there a discount for two?", "保质期到什么时候", "偏远地区补多少邮费？", "what material is it?", "库存还有吗，刚才没抢到",
	},
	praise: []string{
		"{p}真好看", "用过，回购第三次了", "性价比可以的", "主播讲得很清楚", "love this color", "质感不错啊", "上次买的已经收到了，很满意",
		"{p} is so good", "比店里便宜不少", "这个真的好用 👍", "nice one!",
	},
	bought: []string{
		"已下单，坐等发货", "拍了两件！", "抢到了哈哈", "下单了，送礼用", "just ordered, thanks!", "付款了，麻烦早点发", "got mine 🎉",
	},
	spam: []string{
		"低价同款加我微信 a8k-77", "刷单日结，进群详聊", "cheap followers, message me", "低价同款加我微信 a8k-77 ！！",
	},
}

// say fills the product into one of the sentences.
func say(d dice, of []string, p pin) string {
	name := "这个"
	for _, g := range goods {
		if g.product == p.product {
			zh, en, _ := strings.Cut(g.title, " ")
			name = zh
			if d.chance(0.3) {
				name = "the " + strings.ToLower(en)
			}
		}
	}
	return strings.ReplaceAll(pick(d, of), "{p}", name)
}
