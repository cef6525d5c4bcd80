"""Names by strokes: the order of official lists."""

from unionportal.common.strokes import stroke_counts, stroke_key, unknown_characters


def in_order(text):
    return sorted(text.split(), key=stroke_key)


def test_names_are_in_the_order_of_official_lists():
    listed = "丁来杭 丁学东 丁薛祥 马晓伟 马飚 王小洪 王东明 王东峰 王尔乘 王宁 王晨 王蒙徽 尤权 车俊"
    assert in_order(" ".join(reversed(listed.split()))) == listed.split()


def test_equal_strokes_follow_the_shape_of_the_first_stroke():
    assert in_order("文 方 毛 韦 王 贝") == ["王", "韦", "贝", "毛", "文", "方"]


def test_a_shorter_name_comes_before_the_longer_one_that_begins_with_it():
    assert in_order("李伟民 李伟") == ["李伟", "李伟民"]


def test_dots_spaces_and_widths_do_not_count():
    assert stroke_key("买买提·艾力") == stroke_key("买买提 艾力")
    assert stroke_key("王 伟") == stroke_key("王伟")


def test_rare_characters_have_their_number():
    assert stroke_counts("𠮷㛃䶮范达") == [("𠮷", 6), ("㛃", 9), ("䶮", 9), ("范", 8), ("达", 6)]
    assert in_order("㛃某 范某 𠮷某") == ["𠮷某", "范某", "㛃某"]


def test_a_character_without_a_number_is_named_until_somebody_counts_it():
    assert unknown_characters("\U00032000某") == ["\U00032000"]
    assert unknown_characters("\U00032000某", "12") == []
    assert stroke_key("\U00032000某", "3") < stroke_key("王某")
    assert unknown_characters("A组") == []


def test_a_hand_count_comes_before_the_table():
    assert stroke_counts("王伟", "5") == [("王", 5), ("伟", 6)]
    assert sorted(["王某", "田某"], key=lambda name: stroke_key(name, "9" if name == "王某" else "")) == [
        "田某",
        "王某",
    ]
