"""Names by which folders are known where a server doesn't say what they are for (R10), the commonest first."""

from __future__ import annotations

from tui.engine.model import Role

# fmt: off
NAMES: dict[Role, tuple[str, ...]] = {
    Role.SENT: (
        "sent", "sent items", "sent mail", "sent messages", "sent-mail", "sent_items",
        "gesendet", "gesendete objekte", "gesendete elemente", "gesendete nachrichten", "envoyés",
        "messages envoyés", "éléments envoyés", "courrier envoyé", "enviados", "elementos enviados",
        "correo enviado", "mensajes enviados", "posta inviata", "inviati", "messaggi inviati",
        "verzonden", "verzonden items", "verzonden berichten", "itens enviados", "mensagens enviadas",
        "e-mails enviados", "wysłane", "elementy wysłane", "wysłane elementy", "отправленные", "送信済み",
        "送信済みアイテム", "送信済みメール", "已发送", "已发送邮件", "已发邮件", "寄件備份", "寄件备份",
        "skickat", "skickade", "sendte elementer", "sendt post", "sendt", "lähetetyt", "odeslané",
        "odeslaná pošta", "elküldött", "trimise", "gönderilmiş öğeler", "gönderilenler", "보낸 편지함",
        "보낸메일함", "απεσταλμένα", "נשלח", "надіслані",
    ),
    Role.DRAFTS: (
        "drafts", "draft", "entwürfe", "entwurf", "brouillons", "brouillon", "borradores", "borrador", "bozze",
        "bozza", "concepten", "rascunhos", "rascunho", "wersje robocze", "kopie robocze",
        "szkice", "черновики", "下書き", "草稿", "草稿箱", "草稿夾", "utkast", "kladder", "luonnokset",
        "koncepty", "rozepsané", "piszkozatok", "ciorne", "taslaklar", "임시보관함", "πρόχειρα", "טיוטות",
        "чернетки",
    ),
    Role.TRASH: (
        "trash", "deleted items", "deleted messages", "deleted", "bin", "papierkorb", "gelöschte objekte",
        "gelöschte elemente", "gelöscht", "corbeille", "éléments supprimés", "messages supprimés", "papelera",
        "papelera de reciclaje", "elementos eliminados", "eliminados", "cestino", "posta eliminata",
        "elementi eliminati", "prullenbak", "verwijderde items", "lixo", "lixeira", "itens excluídos",
        "itens eliminados", "kosz", "elementy usunięte", "корзина", "удаленные", "удалённые", "ゴミ箱",
        "ごみ箱", "削除済みアイテム", "已删除", "已删除邮件", "垃圾桶", "papperskorg", "borttaget", "papirkurv",
        "slettet post", "roskakori", "koš", "odstraněná pošta", "lomtár", "kuka", "coș de gunoi", "çöp kutusu",
        "silinmiş öğeler", "휴지통", "κάδος απορριμμάτων", "אשפה", "кошик",
    ),
    Role.JUNK: (
        "junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "spamverdacht",
        "unerwünscht", "junk-e-mail", "indésirables", "courrier indésirable", "pourriel",
        "correo no deseado", "no deseado", "posta indesiderata", "indesiderata", "ongewenst",
        "ongewenste e-mail", "ongewenste mail", "lixo eletrônico", "lixo eletrónico", "lixo electrónico",
        "wiadomości-śmieci", "wiadomości śmieci", "спам", "нежелательная почта", "迷惑メール", "垃圾邮件",
        "垃圾郵件", "skräppost", "søppelpost", "uønsket e-post", "roskaposti", "nevyžádaná pošta",
        "levélszemét", "gereksiz", "önemsiz e-posta", "스팸", "스팸메일함", "ανεπιθύμητα", "דואר זבל",
    ),
    Role.ARCHIVE: (
        "archive", "archives", "archived", "archiv", "archivio", "archivo", "archief", "arquivo",
        "archiwum", "архив", "アーカイブ", "存档", "归档", "封存", "arkiv", "arkisto", "archív",
        "archívum", "arhiva", "arşiv", "보관함", "보관", "αρχειοθήκη", "ארכיון", "архів",
    ),
    Role.ALL: ("all mail",),
}
# fmt: on
"""Role -> lower-case names; spaces folded. The order decides when a server has several."""
