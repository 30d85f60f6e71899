# ruff: noqa: RUF001 - names in their own scripts
"""Names of several cultures; people.py draws from them.

A name is (Latin, own script), the second empty where the culture writes Latin. None is taken from a
real person; common given and family names are combined by chance.
"""

from dataclasses import dataclass
from typing import Final

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Culture:
    """How the people of a place are called and where they live."""

    language: str
    country: str
    calling_code: str
    cities: tuple[str, ...]
    women: tuple[Name, ...]
    men: tuple[Name, ...]
    families: tuple[Name, ...]
    family_first: bool = False


def _latin(names: str) -> tuple[Name, ...]:
    return tuple((name.replace("_", " "), "") for name in names.split())


def _paired(names: str) -> tuple[Name, ...]:
    """`Latin=script` words; an underscore stands for a space."""
    pairs = [name.replace("_", " ").partition("=") for name in names.split()]
    return tuple((latin, script) for latin, _, script in pairs)


CULTURES: Final = (
    Culture(
        "sw", "KE", "+254", ("Nakuru", "Kisumu", "Lodwar", "Garissa"),
        _latin("Wanjiku Achieng Atieno Njeri Zawadi Neema "
               "Halima Rehema Wambui Amina Chebet Makena"),
        _latin("Kamau Otieno Juma Baraka Mwangi Kiprono "
               "Hassan Omari Wekesa Musyoka Karanja Barasa"),
        _latin("Kimani Odhiambo Mutua Wafula Njoroge Cheruiyot "
               "Ochieng Maina Nyambura Mwakio Korir"),
    ),
    Culture(
        "yo", "NG", "+234", ("Ibadan", "Maiduguri", "Yola", "Abeokuta"),
        _latin("Adébọ́lá Fọláṣadé Títílayọ̀ Ngozi Chidinma Hauwa "
               "Aisha Ìyábọ̀ Adaeze Zainab Amarachi"),
        _latin("Olúwáṣeun Babátúndé Chinedu Emeka Musa Ibrahim Adéwálé Táíwò Kẹ́hìndé Obinna Sani"),
        _latin("Adéyẹmí Okafor Bello Ògúnlàdé Eze Abubakar "
               "Nwosu Akíntọ́lá Danjuma Okonkwo Balogun"),
    ),
    Culture(
        "am", "ET", "+251", ("Gondar", "Mekelle", "Jimma", "Dire Dawa"),
        _paired("Tigist=ትዕግስት Selam=ሰላም Hiwot=ሕይወት Meron=ሜሮን "
                "Almaz=አልማዝ Bethlehem=ቤተልሔም Aster=አስቴር"),
        _paired("Dawit=ዳዊት Tesfaye=ተስፋዬ Abebe=አበበ Yohannes=ዮሐንስ "
                "Bekele=በቀለ Getachew=ጌታቸው Solomon=ሰለሞን"),
        _paired("Kebede=ከበደ Tadesse=ታደሰ Haile=ኃይሌ Alemu=አለሙ "
                "Girma=ግርማ Worku=ወርቁ Mengistu=መንግሥቱ Desta=ደስታ"),
    ),
    Culture(
        "ar", "SY", "+963", ("Aleppo", "Homs", "Idlib", "Deir ez-Zor"),
        _paired("Fatima=فاطمة Layla=ليلى Maryam=مريم Nour=نور "
                "Rana=رنا Huda=هدى Salma=سلمى Yasmin=ياسمين"),
        _paired("Ahmad=أحمد Khalid=خالد Omar=عمر Youssef=يوسف "
                "Samir=سمير Tariq=طارق Mahmoud=محمود Karim=كريم"),
        _paired("al-Masri=المصري Haddad=حداد Khoury=خوري al-Halabi=الحلبي "
                "Najjar=نجار Darwish=درويش Saleh=صالح"),
    ),
    Culture(
        "uk", "UA", "+380", ("Kharkiv", "Dnipro", "Kherson", "Lviv"),
        _paired("Olena=Олена Kateryna=Катерина Oksana=Оксана Nadiia=Надія "
                "Iryna=Ірина Mariia=Марія Yuliia=Юлія"),
        _paired("Andrii=Андрій Mykola=Микола Taras=Тарас Bohdan=Богдан "
                "Serhii=Сергій Ivan=Іван Oleksandr=Олександр"),
        _paired("Shevchenko=Шевченко Kovalenko=Коваленко Bondarenko=Бондаренко "
                "Melnyk=Мельник Tkachuk=Ткачук"),
    ),
    Culture(
        "hi", "IN", "+91", ("Patna", "Gaya", "Ranchi", "Varanasi"),
        _paired("Asha=आशा Sunita=सुनीता Priya=प्रिया Lakshmi=लक्ष्मी "
                "Kavita=कविता Meena=मीना Anjali=अंजलि Geeta=गीता"),
        _paired("Ravi=रवि Suresh=सुरेश Amit=अमित Vijay=विजय "
                "Mohan=मोहन Arjun=अर्जुन Deepak=दीपक Rajesh=राजेश"),
        _paired("Sharma=शर्मा Yadav=यादव Kumar=कुमार Singh=सिंह "
                "Devi=देवी Mishra=मिश्रा Prasad=प्रसाद Das=दास"),
    ),
    Culture(
        "zh", "CN", "+86", ("Kunming", "Guilin", "Lanzhou"),
        _paired("Xiulan=秀兰 Meiling=美玲 Fang=芳 Xia=霞 Yan=燕 Lihua=丽华 Jing=静 Xue=雪"),
        _paired("Wei=伟 Jun=军 Guoqiang=国强 Haotian=昊天 Peng=鹏 Zhiming=志明 Lei=磊 Yong=勇"),
        _paired("Wang=王 Li=李 Zhang=张 Liu=刘 Chen=陈 Yang=杨 Zhao=赵 Huang=黄 Zhou=周"),
        family_first=True,
    ),
    Culture(
        "vi", "VN", "+84", ("Huế", "Đà Lạt", "Cần Thơ"),
        _latin("Hương Lan Mai Ngọc_Anh Thảo Thu_Hà Phương Bích_Ngọc Yến Trang"),
        _latin("Minh Hùng Dũng Quang_Huy Tuấn Đức Sơn Văn_Thành Khoa Bảo"),
        _latin("Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ"),
        family_first=True,
    ),
    Culture(
        "es", "GT", "+502", ("Quetzaltenango", "Cobán", "Huehuetenango"),
        _latin("María José_Ixchel Lucía Guadalupe Rosa_Elena Itzel Carmen Sofía Inés Marisol"),
        _latin("José Juan_Carlos Mateo Ángel Diego Santiago Luis_Alberto Andrés Tomás Óscar"),
        _latin("García_López Xicará Hernández Tzoc_Ajú Ramírez "
               "Muñoz_Pérez Chávez Coj Ordóñez Morales"),
    ),
    Culture(
        "ht", "HT", "+509", ("Jérémie", "Les Cayes", "Gonaïves"),
        _latin("Marie-Ange Roseline Guerda Mirlande Fabiola Yolène Dieula Nadège Islande"),
        _latin("Jean-Baptiste Wilner Frantz Dieudonné Emmanuel Josué Pierre-Louis Ricardo Évens"),
        _latin("Charles Joseph Saint-Fleur Desrosiers Augustin "
               "Jean-Louis Toussaint Étienne Baptiste"),
    ),
    Culture(
        "en", "US", "+1", ("Harlan", "Tuba City", "Bethel", "Clarksdale"),
        _latin("Emily Grace Ruth Abigail Martha Jasmine Naomi Shauna Patricia Ida"),
        _latin("James Walter Elijah Dwayne Thomas Samuel Otis Raymond Caleb Theodore"),
        _latin("Smith Begay Johnson O'Connor Washington Yazzie Miller Carter Nez Baker Ivanoff"),
    ),
)  # fmt: skip
"""Places where a field clinic may stand, with the people who come."""
