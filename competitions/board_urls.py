from django.urls import path

from competitions import board_views

app_name = "boards"
urlpatterns = [
    path("", board_views.board_list, name="board_list"),
    path("<int:pk>/", board_views.board, name="board"),
    path("<int:pk>/people/<slug:key>/", board_views.board_row, name="board_row"),
    path("<int:pk>/do/<slug:act>/", board_views.board_act, name="board_act"),
]
