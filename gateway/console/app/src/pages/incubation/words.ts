import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "From agent to host", short: "Incubation", candidates: "Candidates", none: "Nobody is on a track.", own_none: "You are on no track. An operator puts agents on one.", join: "Put on a track", agent: "Agent", track: "Track", coach: "Coach, a host", joined: "{who} is on the track.",
    all: "All tracks", left_too: "Who left too", ready: "ready", not_ready: "{n} of {of} met", pending: "asks for {stage}", left: "left", through: "through", next: "Next: {stage}", since: "in this stage since {at}", coached: "coach {who}", show: "Show", missing: "What the next stage asks for", nothing_more: "There is no stage after this one.",
    v_met: "met", v_not_met: "not met", v_sample_too_small: "too little to tell", k_skill: "Skill: {what}", k_score: "Figure of the scorecard: {what}", k_drills: "Drills passed", k_shadows: "Shadow shows, {min} min each, with a coach's word", k_shows: "Shows hosted, {min} min each",
    have: "{have} of {of}", have_bps: "{have} of {of} in the sample; asked for {bound}", at_least: "at least {n}", at_most: "at most {n}", evidence: "by: {text}", by_shows: "in {shows}",
    skills: "Skills", prove: "Prove", prove_of: "Prove {what}", proof: "What proves it: {text}", proved: "by {who}, {at}: {text}", not_proved: "not proved", evidence_field: "What was seen", saved: "Saved.",
    drills: "Drills", no_drills: "No drill yet.", book: "Name a rehearsal as a drill", rehearsal: "Number of the rehearsal", booked: "booked", passed: "passed", failed: "failed", judge: "Mark", points: "{n} of {of} points", note: "Note",
    on: "on for {ms}", mistakes: "{n} of {of} commands refused", prompts: "{n} of {of} prompts followed", answered: "{n} of {of} comments answered", misses: "failed by: {list}", m_least_minutes: "time on", m_most_mistakes: "mistakes", m_most_prompt_ms: "prompts", m_least_answered_bps: "comments", m_pass_points: "marks",
    shadows: "Shadow shows", no_shadows: "No show was watched yet.", watched: "watched {ms}", write: "Write of it", no_note: "a coach has not written of it",
    promotions: "Promotions", ask: "Ask for {stage}", asked: "Asked for. Somebody else decides.", grant: "Grant", refuse: "Refuse", reason: "Reason", decided: "Decided.", p_asked: "asked", p_granted: "granted", p_refused: "refused", leave: "Take off the track", token: "Token of my stage", token_text: "It carries the role {role} for 8 hours. Log in with it in a new window.",
    tracks: "Tracks", no_tracks: "No track is declared. PUT /v1/incubation/tracks declares one.", pass: "a drill passes with {n} of {of} points and {min} min on", role_agent: "agent", role_trainee: "trainee", role_host: "host", save: "Save",
  },
  zh: {
    title: "客服成长为主播", short: "孵化", candidates: "候选人", none: "还没有人在培养。", own_none: "你还没有进入培养，由运营安排。", join: "加入培养", agent: "客服", track: "培养路径", coach: "带教主播", joined: "{who} 已加入。",
    all: "全部路径", left_too: "含已退出", ready: "已达标", not_ready: "已满足 {n}/{of}", pending: "申请晋升：{stage}", left: "已退出", through: "已完成", next: "下一阶段：{stage}", since: "{at} 进入本阶段", coached: "带教 {who}", show: "查看", missing: "下一阶段的要求", nothing_more: "已是最后阶段。",
    v_met: "已满足", v_not_met: "未满足", v_sample_too_small: "样本太少", k_skill: "技能：{what}", k_score: "评分卡指标：{what}", k_drills: "通过的演练", k_shadows: "跟播（每场 {min} 分钟，需带教评语）", k_shows: "主播场次（每场 {min} 分钟）",
    have: "{have} / {of}", have_bps: "样本中 {have} / {of}，要求 {bound}", at_least: "不低于 {n}", at_most: "不高于 {n}", evidence: "依据：{text}", by_shows: "场次：{shows}",
    skills: "技能", prove: "认定", prove_of: "认定 {what}", proof: "认定标准：{text}", proved: "{who}，{at}：{text}", not_proved: "未认定", evidence_field: "看到了什么", saved: "已保存。",
    drills: "演练", no_drills: "还没有演练。", book: "把彩排登记为演练", rehearsal: "彩排场次编号", booked: "已登记", passed: "通过", failed: "未通过", judge: "评分", points: "{n} / {of} 分", note: "评语",
    on: "上播 {ms}", mistakes: "指令被拒 {n} / {of}", prompts: "提示响应 {n} / {of}", answered: "评论回应 {n} / {of}", misses: "未达标：{list}", m_least_minutes: "上播时长", m_most_mistakes: "失误", m_most_prompt_ms: "提示响应", m_least_answered_bps: "评论回应", m_pass_points: "评分",
    shadows: "跟播", no_shadows: "还没有跟播。", watched: "观看 {ms}", write: "写评语", no_note: "带教尚未写评语",
    promotions: "晋升", ask: "申请晋升：{stage}", asked: "已申请，由他人审批。", grant: "同意", refuse: "拒绝", reason: "理由", decided: "已处理。", p_asked: "待审批", p_granted: "已同意", p_refused: "已拒绝", leave: "退出培养", token: "本阶段令牌", token_text: "角色为{role}，8 小时有效。请在新窗口中用它登录。",
    tracks: "培养路径", no_tracks: "还没有声明培养路径（PUT /v1/incubation/tracks）。", pass: "演练通过：{n}/{of} 分，上播 {min} 分钟", role_agent: "客服", role_trainee: "见习主播", role_host: "主播", save: "保存",
  },
});
