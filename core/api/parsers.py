import json
from io import BytesIO

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class Json(JSONParser):
    """JSON that people and programs send. Refused (400) like any other that is wrong: one that is nested a thousand levels
    deep, and a text with half a character in it (a lone surrogate), which no answer could repeat.
    """

    def parse(self, stream, media_type=None, parser_context=None):
        sent = stream.read()
        try:
            found = super().parse(BytesIO(sent), media_type, parser_context)
            if b"\\ud" in sent.lower():
                json.dumps(found, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except UnicodeEncodeError as error:
            raise ParseError("A text in the JSON holds half a character (a lone surrogate).") from error
        return found
