"""The handler of the shop's msg_type."""

from products.messages import Buy, OrderAck
from products.models import Order
from products.selectors import order_part
from products.services.orders import PlaceOrder
from rooms.session import ViewerSession


class ShopHandlers(ViewerSession):
    """What a viewer may send to a room's shop."""

    async def handle_buy(self, frame: Buy) -> None:
        user = await self.require_user()
        command = PlaceOrder(
            self.room.room_id, user, self.role, frame.item_id, frame.quantity, frame.client_order_id, frame.price
        )

        def done(order: Order) -> None:
            ack = OrderAck(to="buy", client_order_id=frame.client_order_id, order=order_part(order))
            self.answer("buy", frame, ack)

        self.submit(command, "buy", frame, done)
