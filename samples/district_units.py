"""The 177 units of the sample district: names that sound like schools of anywhere, and are schools of nowhere."""

from __future__ import annotations

from dataclasses import dataclass

DISTRICT = "样例区"
FIRST_CODE = 440199001


@dataclass(frozen=True)
class SampleUnit:
    """One fictitious unit: a row of the roster."""

    code: str
    name: str
    type: str
    contact: str
    email: str


def _words(text: str) -> list[str]:
    return text.split()


_KINDERGARTENS = _words(
    """
    机关 第一 第二 第三 第四 第五 第六 阳光 春苗 小星星 金摇篮 青禾 彩虹 晨曦 百合 蓓蕾
    童心 向日葵 蓝天 绿洲 海棠 紫藤 木棉 松果 小太阳 星河 云帆 和风 银杏 桃源 清泉 望江
    东苑 西苑 南苑 北苑 新桥 芳草 小白鸽 七彩 启蒙 育苗 晨光 馨园 翠竹 橄榄树 蒲公英 梧桐
    临江镇中心 松岗镇中心 云溪镇中心 青石镇中心
    """
)
_PRIMARY = _words(
    """
    实验 第一 第二 第三 第四 第五 第六 第七 第八 阳光 晨曦 明德 育才 启明 培英 崇文 弘毅
    求真 尚学 致远 文昌 文澜 书香 梅岭 兰溪 竹园 菊池 松涛 柏林路 桂花岗 榕荫 木棉路
    凤凰里 白鹭洲 沙湾桥 东风路 建设里 和平里 解放桥 光明里 新城 滨江 河东 河西 湖畔 山前
    岭南里 田心 水口 石桥 长堤 横岗 大塘 龙湾 临江镇中心 临江镇沙头 松岗镇中心 松岗镇塘边
    云溪镇中心 云溪镇茶山 青石镇中心 青石镇岗背 青石镇水尾
    """
)
_MIDDLE = _words(
    """
    第一 第二 第三 第四 第五 第六 第七 第八 第九 第十 实验 明德 育才 启明 崇文 滨江 新城
    湖畔 临江镇 松岗镇 云溪镇 青石镇
    """
)
_NINE_YEAR = _words(
    """
    梅岭 兰溪 东湖 西湖里 南塘 北山 文澜 致远 凤凰里 滨河
    """
)
_HIGH = _words(
    """
    样例中学 样例外国语学校 样例实验中学 明德高级中学 育才高级中学 启明高级中学 崇文高级中学
    滨江高级中学 新城高级中学 湖畔高级中学 职业技术学校 艺术高级中学
    """
)
_SPECIAL = _words(
    """
    启智学校 启聪学校
    """
)
_INSTITUTIONS = _words(
    """
    教师发展中心 教育研究院 教育信息中心 招生考试中心 教育基建服务中心 教育会计核算中心
    学生资助管理中心 青少年宫 中小学卫生保健所 教育装备中心 社区学院 少年科技活动中心
    学生综合实践基地 教育督导评估中心 学前教育服务中心 教育后勤服务中心
    """
)

_SURNAMES = "陈李张黄何罗梁林刘吴曾谢郑邓许冯苏潘叶卢"


def sample_units() -> list[SampleUnit]:
    """All units in the roster's order, coded from FIRST_CODE."""
    named = [
        *((f"{DISTRICT}{name}幼儿园", "幼儿园") for name in _KINDERGARTENS),
        *((f"{DISTRICT}{name}小学", "小学") for name in _PRIMARY),
        *((f"{DISTRICT}{name}初级中学", "初中") for name in _MIDDLE),
        *((f"{DISTRICT}{name}学校", "九年一贯制") for name in _NINE_YEAR),
        *((f"{DISTRICT}{name}", "高中") for name in _HIGH),
        *((f"{DISTRICT}{name}", "特殊教育") for name in _SPECIAL),
        *((f"{DISTRICT}{name}", "直属单位") for name in _INSTITUTIONS),
    ]
    return [
        SampleUnit(
            code=(code := str(FIRST_CODE + place)),
            name=name,
            type=kind,
            contact=f"{_SURNAMES[place * 7 % len(_SURNAMES)]}老师",
            email=f"u{code}@example.invalid",
        )
        for place, (name, kind) in enumerate(named)
    ]
